"""Both languages are complete, and what set-up compiles is what GNU gettext would read."""

import gettext
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import translations

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


def test_every_text_has_an_english_one() -> None:
    assert translations.missing() == {}


def test_no_english_text_is_left_over() -> None:
    assert translations.unused() == set()


def test_placeholders_survive_translation() -> None:
    english = translations.parse_po(
        (translations.LOCALE / "en/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    )
    for key, text in english.items():
        if key:
            assert set(re.findall(r"%\(\w+\)s", key)) == set(re.findall(r"%\(\w+\)s", text)), key


def test_every_template_text_in_chinese_is_marked_for_translation() -> None:
    bare = {}
    for path in sorted((translations.WEB / "templates").rglob("*.html")):
        if path.name == "500.html":  # rendered when nothing works any more, so it says both languages itself
            continue
        marked = r"{% blocktranslate.*?{% endblocktranslate %}|{%.*?%}|{{.*?}}|{#.*?#}"
        text = re.sub(marked, "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found = re.findall(r"[\u4e00-\u9fff]+", text)
        if set(found) - {"中文"}:
            bare[path.name] = found
    assert bare == {}


@given(st.dictionaries(TEXT, TEXT, max_size=20))
def test_compiled_catalogue_is_read_by_gettext(catalogue: dict[str, str]) -> None:
    header = {"": "Content-Type: text/plain; charset=UTF-8\n"}
    read = gettext.GNUTranslations(io.BytesIO(translations.mo_bytes({**header, **catalogue})))
    for key, text in catalogue.items():
        assert read.gettext(key) == text


def test_po_reader_takes_contexts_plurals_and_leaves_fuzzy_out() -> None:
    catalogue = translations.parse_po(
        'msgctxt "period"\nmsgid "日"\nmsgstr "D"\n\n'
        'msgid "一笔"\nmsgid_plural "多笔"\nmsgstr[0] "one"\nmsgstr[1] "many"\n\n'
        '#, fuzzy\nmsgid "旧"\nmsgstr "old"\n\n'
        'msgid ""\n"长"\n"句"\nmsgstr "long"\n\nmsgid "空"\nmsgstr ""\n'
    )
    assert catalogue == {"period\x04日": "D", "一笔\x00多笔": "one\x00many", "长句": "long"}


@pytest.mark.parametrize("text", ['msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"', "msgid oops"])
def test_po_reader_refuses_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(ValueError, match=r"Twice|Not a"):
        translations.parse_po(text)


def test_python_and_template_texts_are_found() -> None:
    python = list(translations.keys_in_python('x = _("甲")\ny = pgettext("c", "乙")\nz = _(variable)'))
    template = list(
        translations.keys_in_template(
            '{% load i18n %}{% translate "丙" %}'
            "{% blocktranslate with a=b %}丁 {{ a }} 10%{% endblocktranslate %}"
        )
    )
    assert (python, template) == (["甲", "c\x04乙"], ["丙", "丁 %(a)s 10%%"])
