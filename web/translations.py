"""Translations: compiles the .po files at set-up, and tells what has no English yet.

``python web/translations.py compile`` writes a .mo beside every .po; it needs neither GNU gettext nor
Django, because a fresh machine may have neither when it runs. ``python web/translations.py missing``
lists the Chinese texts of templates and Python files without an English one (it asks Django to read
the templates). The source language is Chinese: the text in the code is the key.
"""

import ast
import os
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent
PROJECT = WEB.parent
LOCALE = WEB / "locale"
PACKAGES = ("web", "exchange", "settlement", "warehouse_receipts")
CONTEXT_GLUE = "\x04"
PLURAL_GLUE = "\x00"
MO_MAGIC = 0x950412DE

Catalogue = dict[str, str]
"""Key (context, id and plural glued as in a .mo) to translation (plural forms glued)."""


def parse_po(text: str) -> Catalogue:
    """The entries of a .po file. Fuzzy, obsolete and empty ones are left out, the header is kept.

    Raises ValueError for a line it cannot read, or a key that appears twice.
    """
    catalogue: Catalogue = {}
    for block in re.split(r"\n\s*\n", text):
        fuzzy, name = False, ""
        fields: dict[str, str] = {}
        for line in block.splitlines():
            if line.startswith("#,"):
                fuzzy = fuzzy or "fuzzy" in line
            if not line.strip() or line.startswith("#"):
                continue
            matched = re.fullmatch(
                r'(?:(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)\s+)?(".*")', line.strip()
            )
            if matched is None:
                raise ValueError(f"Not a .po line: {line!r}")
            name = matched[1] or name
            fields[name] = fields.get(name, "") + ast.literal_eval(matched[2])
        if "msgid" in fields and not fuzzy:
            _add(catalogue, fields)
    return catalogue


def _add(catalogue: Catalogue, fields: dict[str, str]) -> None:
    key = fields["msgid"]
    if "msgctxt" in fields:
        key = fields["msgctxt"] + CONTEXT_GLUE + key
    if "msgid_plural" in fields:
        key += PLURAL_GLUE + fields["msgid_plural"]
    forms = [fields[name] for name in sorted(fields) if name.startswith("msgstr")]
    if not all(forms):
        return
    if key in catalogue:
        raise ValueError(f"Twice in the .po file: {key!r}")
    catalogue[key] = PLURAL_GLUE.join(forms)


def mo_bytes(catalogue: Catalogue) -> bytes:
    """A catalogue in the binary form of GNU gettext (.mo, revision 0, no hash table)."""
    entries = sorted((key.encode(), value.encode()) for key, value in catalogue.items())
    count = len(entries)
    keys_at, values_at = 28, 28 + 8 * count
    place = 28 + 16 * count
    keys, values, strings = b"", b"", b""
    for key, _ in entries:
        keys += struct.pack("<II", len(key), place + len(strings))
        strings += key + b"\0"
    for _, value in entries:
        values += struct.pack("<II", len(value), place + len(strings))
        strings += value + b"\0"
    header = struct.pack("<7I", MO_MAGIC, 0, count, keys_at, values_at, 0, place)
    return header + keys + values + strings


def compile_all(locale: Path = LOCALE) -> list[Path]:
    """Writes a .mo beside every .po below ``locale``, each in one step; returns what was written."""
    written = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        partial = target.with_suffix(f".mo.{os.getpid()}")
        partial.write_bytes(mo_bytes(parse_po(source.read_text(encoding="utf-8"))))
        partial.replace(target)
        written.append(target)
    return written


GETTEXT_NAMES = {
    "gettext": 1,
    "gettext_lazy": 1,
    "lazy": 1,
    "gettext_noop": 1,
    "_": 1,
    "ngettext": 2,
    "pgettext": 2,
}


def keys_in_python(source: str) -> Iterator[str]:
    """Keys of the gettext calls with literal texts in Python source."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        texts = [
            part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        if GETTEXT_NAMES.get(name, 9) > len(texts):
            continue
        glue = {"pgettext": CONTEXT_GLUE, "ngettext": PLURAL_GLUE}.get(name)
        yield glue.join(texts[:2]) if glue else texts[0]


def keys_in_template(source: str) -> Iterator[str]:
    """Keys of the translate and blocktranslate tags of a template."""
    from django.utils.translation.template import templatize

    calls = re.finditer(
        r"""(\w*gettext(?:_lazy)?)\(((?:u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")[, ]*|\w+,?\s*)+)\)""",
        templatize(source),
    )
    for call in calls:
        yield from keys_in_python(f"{call[1]}({call[2]})")


def source_keys() -> dict[str, set[Path]]:
    """Every key in our templates and Python files, with the files it appears in."""
    found: dict[str, set[Path]] = {}
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*")):
            reader = {".py": keys_in_python, ".html": keys_in_template, ".txt": keys_in_template}.get(
                path.suffix
            )
            if reader is None or not path.is_file():
                continue
            for key in reader(path.read_text(encoding="utf-8")):
                found.setdefault(key, set()).add(path)
    return found


def missing() -> dict[str, set[Path]]:
    """Keys without an English translation, with the files they appear in."""
    english = parse_po((LOCALE / "en" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8"))
    return {key: paths for key, paths in source_keys().items() if key not in english}


def unused() -> set[str]:
    """English translations of texts that no longer exist."""
    english = parse_po((LOCALE / "en" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8"))
    return set(english) - set(source_keys()) - {""}


def main(arguments: list[str]) -> int:
    """Runs ``compile`` or ``missing``; 0 when all is well."""
    if arguments == ["compile"]:
        compile_all()
        return 0
    if arguments == ["missing"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
        sys.path.insert(0, str(PROJECT))
        lacking = missing()
        for key, paths in lacking.items():
            print(f"{key!r}  {', '.join(str(path.relative_to(PROJECT)) for path in sorted(paths))}")
        return 1 if lacking else 0
    print("usage: python web/translations.py compile|missing", file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
