"""The design tokens: the two dark lists agree, and text can be read on what it stands on."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[2] / "web/static/design/tokens.css").read_text(encoding="utf-8")
AA = 4.5
AA_GRAPHICS = 3.0

TEXT_ON = {
    "ground": ("ink", "ink-2", "ink-3", "link", "red", "green", "gold"),
    "surface": (
        "ink",
        "ink-2",
        "ink-3",
        "link",
        "red",
        "green",
        "gold",
        "info",
        "warn",
        "danger",
        "ok",
        "brand",
    ),
    "surface-2": ("ink", "ink-2", "ink-3", "link", "red", "green"),
    "surface-3": ("ink", "ink-2"),
    "brand": ("on-brand",),
    "brand-hover": ("on-brand",),
    "bar": ("bar-ink", "bar-ink-2", "bar-red", "bar-green"),
    "bar-2": ("bar-ink", "bar-ink-2"),
    "ok-soft": ("ok",),
    "info-soft": ("info",),
    "warn-soft": ("warn", "ink"),
    "danger-soft": ("danger", "ink"),
    "gold-soft": ("gold", "ink"),
    "brand-soft": ("link",),
}
GRAPHICS_ON = {"surface": ("focus", "line-strong", "brand"), "ground": ("focus", "line-strong")}


def declarations(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def block_after(start: str) -> dict[str, str]:
    at = TOKENS.index("{", TOKENS.index(start))
    return declarations(TOKENS[at : TOKENS.index("}", at)])


LIGHT = block_after(":root {")
DARK_BY_CHOICE = block_after(':root[data-theme="dark"]')
DARK_BY_SYSTEM = block_after(':root:not([data-theme="light"])')
THEMES = {"light": LIGHT, "dark": {**LIGHT, **DARK_BY_CHOICE}}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    return [(theme, front, back) for theme in THEMES for back, fronts in table.items() for front in fronts]


def test_both_dark_lists_are_the_same() -> None:
    assert DARK_BY_CHOICE == DARK_BY_SYSTEM


@pytest.mark.parametrize(("theme", "front", "back"), pairs(TEXT_ON))
def test_text_has_aa_contrast(theme: str, front: str, back: str) -> None:
    assert contrast(THEMES[theme][front], THEMES[theme][back]) >= AA


@pytest.mark.parametrize(("theme", "front", "back"), pairs(GRAPHICS_ON))
def test_controls_and_focus_have_aa_contrast(theme: str, front: str, back: str) -> None:
    assert contrast(THEMES[theme][front], THEMES[theme][back]) >= AA_GRAPHICS


def test_a_rise_is_red_and_the_switch_swaps_it() -> None:
    swapped = block_after(':root[data-updown="green-up"]')
    assert (LIGHT["rise"], LIGHT["fall"]) == ("var(--red)", "var(--green)")
    assert (swapped["rise"], swapped["fall"]) == ("var(--green)", "var(--red)")
