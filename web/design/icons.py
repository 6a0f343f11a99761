"""The icons: one path list each on a 24 x 24 grid, drawn as strokes in the text's colour.

They are written into the page itself, so they need no request and follow every theme.
"""

ICONS: dict[str, str] = {
    "board": '<path d="M4 19V9M10 19V5M16 19v-7M22 19H2"/>',
    "index": '<path d="M3 17l5-6 4 3 8-9"/><path d="M15 5h5v5"/>',
    "sell": '<path d="M3 8l9-5 9 5v8l-9 5-9-5z"/><path d="M3 8l9 5 9-5M12 13v8"/>',
    "tag": '<path d="M3 12V4h8l10 10-8 8z"/><path d="M7.5 8h.01"/>',
    "gavel": '<path d="M13 4l6 6M10 7l6 6M14.5 2.5l-6 6M20.5 8.5l-6 6M12 10l-8 8M3 21h11"/>',
    "talk": '<path d="M4 5h16v10H11l-5 4v-4H4z"/><path d="M8 9h8M8 12h5"/>',
    "truck": '<path d="M2 6h12v10H2zM14 10h4l4 3v3h-8"/>'
    '<circle cx="6" cy="18" r="2"/><circle cx="17" cy="18" r="2"/>',
    "trade": '<path d="M7 4v16M7 4L3 8M7 4l4 4M17 20V4M17 20l-4-4M17 20l4-4"/>',
    "me": '<circle cx="12" cy="8" r="4"/><path d="M4 21c1-5 5-6 8-6s7 1 8 6"/>',
    "funds": '<rect x="3" y="6" width="18" height="13" rx="2"/><path d="M3 10h18M16 15h2"/>',
    "receipt": '<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7"/>',
    "orders": '<path d="M8 6h12M8 12h12M8 18h12"/><path d="M4 6h.01M4 12h.01M4 18h.01"/>',
    "contract": '<path d="M7 3h10l3 3v15H4V3h3zM8 10h8M8 14h5"/><circle cx="16" cy="17" r="2"/>',
    "statement": '<path d="M5 3h14v18l-3-2-2 2-2-2-2 2-2-2-3 2zM9 8h6M9 12h6"/>',
    "console": '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/>'
    '<circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>',
    "members": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.6-4 3.3-5.5 6.5-5.5s5.9 1.5 6.5 5.5"/>'
    '<path d="M16 4.8a3.5 3.5 0 010 6.4M18 14.8c2 .7 3.2 2.3 3.5 5.2"/>',
    "bank": '<path d="M3 10l9-6 9 6M5 10v8M10 10v8M14 10v8M19 10v8M3 20h18"/>',
    "health": '<path d="M3 12h4l3-8 4 16 3-8h4"/>',
    "history": '<path d="M4 5v5h5"/><path d="M4.5 10A8 8 0 1112 20a8 8 0 01-7.5-5"/><path d="M12 8v4l3 2"/>',
    "search": '<circle cx="11" cy="11" r="7"/><path d="M16 16l5 5"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 2v4M12 18v4M2 12h4M18 12h4"/>'
    '<path d="M5 5l2.5 2.5M16.5 16.5L19 19M19 5l-2.5 2.5M7.5 16.5L5 19"/>',
    "language": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>',
    "lock": '<rect x="5" y="11" width="14" height="10" rx="2"/><path d="M8 11V8a4 4 0 018 0v3"/>',
    "out": '<path d="M14 4h5v16h-5M4 12h11M11 8l4 4-4 4"/>',
    "check": '<path d="M4 12.5l5 5L20 6.5"/>',
    "cross": '<path d="M6 6l12 12M18 6L6 18"/>',
    "warn": '<path d="M12 4L2.5 20h19zM12 10v4M12 17h.01"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7.5h.01"/>',
    "pause": '<path d="M8 5v14M16 5v14"/>',
    "play": '<path d="M7 4l13 8-13 8z"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "download": '<path d="M12 4v11M7 11l5 5 5-5M4 20h16"/>',
    "camera": '<path d="M4 7h3l2-3h6l2 3h3v13H4z"/><circle cx="12" cy="13" r="4"/>',
    "upload": '<path d="M12 16V5M7 9l5-5 5 5M4 20h16"/>',
    "print": '<path d="M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z"/>',
    "next": '<path d="M9 5l7 7-7 7"/>',
    "back": '<path d="M15 5l-7 7 7 7"/>',
    "link": '<path d="M9 12h6M10 7H8a5 5 0 000 10h2M14 7h2a5 5 0 010 10h-2"/>',
    "empty": '<path d="M3 13l3-8h12l3 8v6H3zM3 13h5l2 3h4l2-3h5"/>',
    "shield": '<path d="M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6z"/><path d="M8.5 12l2.5 2.5 4.5-5"/>',
    "orchard": '<circle cx="12" cy="9" r="6"/><path d="M12 9v12M12 15l4-3M12 13l-3-2M7 21h10"/>',
    "store": '<path d="M3 21V9l9-5 9 5v12M7 21v-8h10v8M7 17h10"/>',
    "eye": '<path d="M2 12c2.5-4.5 6-7 10-7s7.5 2.5 10 7c-2.5 4.5-6 7-10 7s-7.5-2.5-10-7z"/>'
    '<circle cx="12" cy="12" r="3"/>',
    "publish": '<path d="M4 13V9l12-5v14L4 13zM8 14.5V19h3v-3.5M19 9c1 .8 1 3.2 0 4"/>',
}


def icon_svg(name: str) -> str:
    """The icon ``name`` as inline SVG, hidden from screen readers: a word always stands beside it."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{ICONS[name]}</svg>"
    )
