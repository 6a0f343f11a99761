"""资讯编辑: drafts, the editor with its preview, publishing by another person, corrections, withdrawals."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exchange.bulletin import news
from exchange.bulletin.news_selectors import edition_by_id, editions, editions_of, steps_of
from exchange.bulletin.news_types import EditionRow, EditionState, NewsCategory, NewsKind, NewsText
from exchange.kernel.audit import Actor
from exchange.kernel.calendar import TIMEZONE, now
from exchange.kernel.errors import BadParameter, JinguoError
from web.console.listing import Verb, carry_out, every, id_in, known_in, page_of, search_in
from web.console.reasons import reason_in
from web.pages import words
from web.pages.access import actor_of, message_of, operator_page
from web.pages.csv_export import csv_response
from web.pages.news import CATEGORY, KIND, TONE, text_shown
from web.pages.product_words import Mark
from web.store.fields import choice_in, moment_in, whole_in

STATE: words.Words = {
    "draft": lazy("草稿"),
    "submitted": lazy("送审中"),
    "scheduled": lazy("定时发布"),
    "published": lazy("已发布"),
    "withdrawn": lazy("已撤回"),
    "discarded": lazy("已弃稿"),
}
MARK = {
    "draft": ("plain", "orders"),
    "submitted": ("warn", "clock"),
    "scheduled": ("info", "clock"),
    "published": ("ok", "check"),
    "withdrawn": ("danger", "stop"),
    "discarded": ("plain", "cross"),
}
FILTERS = ("draft", "submitted", "published", "withdrawn", "discarded")
STEP: words.Words = {
    "draft": lazy("起草"),
    "correct": lazy("开始更正"),
    "save": lazy("修改"),
    "submit": lazy("送审"),
    "send_back": lazy("退回修改"),
    "publish": lazy("审核发布"),
    "discard": lazy("弃稿"),
    "unpin": lazy("取消置顶"),
    "withdraw": lazy("撤回"),
}
TEXTS = tuple(news.LONGEST)
MOMENTS = ("publish_at", "pinned_until")
Typed = dict[str, str]
"""What stands in the editor's fields."""


# Lists -----------------------------------------------------------------------------------------------


@operator_page
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every version, newest first, by state, kind and title."""
    asked = _asked(request)
    rows, pager = page_of(request, editions, **asked)
    context = {
        "rows": [_row(row) for row in rows],
        "asked": asked,
        "states": [(value, words.word(STATE, value)) for value in FILTERS],
        "kinds": [(value, words.word(KIND, value)) for value in NewsKind.values],
        **pager,
    }
    return render(request, "console/news.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    state = known_in(request, "state", STATE)
    return {
        "state": state if state in FILTERS else "",
        "kind": known_in(request, "kind", KIND),
        "search": search_in(request),
    }


def _row(row: EditionRow) -> dict[str, Any]:
    state = _state(row)
    return {
        "row": row,
        "kind_text": words.word(KIND, row.text.kind),
        "tone": TONE[row.text.kind],
        "mark": Mark(*MARK[state], words.word(STATE, state)),
        "bilingual": bool(row.text.title_en),
    }


def _state(row: EditionRow) -> str:
    """As people see it: a published version waits for its time, shows, or went with its article."""
    if row.state != EditionState.PUBLISHED:
        return str(row.state)
    if row.withdrawn_at is not None:
        return "withdrawn"
    assert row.published_from is not None
    return "scheduled" if row.published_from > now() else "published"


@operator_page
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV."""
    header = [
        _("编号"), _("版次"), _("状态"), _("类别"), _("主题"), _("标题"), _("英文标题"), _("来源"),
        _("来源网址"), _("撰稿人"), _("提交人"), _("审核人"), _("发布时间"), _("更正说明"), _("撤回时间"),
        _("撤回原因"),
    ]  # fmt: skip
    rows = (_exported(row) for row in every(editions, **_asked(request)))
    return csv_response("news.csv", header, rows)


def _exported(row: EditionRow) -> tuple[object, ...]:
    text = row.text
    return (
        row.article_id, row.version, words.word(STATE, _state(row)), words.word(KIND, text.kind),
        words.word(CATEGORY, text.category), text.title_zh, text.title_en, text.source_name, text.source_url,
        row.written_by, row.submitted_by, row.decided_by, _moment(row.published_from), text.note_zh,
        _moment(row.withdrawn_at), row.withdrawal_reason,
    )  # fmt: skip


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(TIMEZONE):%Y-%m-%d %H:%M}"


# The editor ------------------------------------------------------------------------------------------


@operator_page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new article; saved, it goes on at the edition's own page."""
    if request.method != "POST":
        return _editor(request, {"key": uuid4().hex, "kind": "notice", "category": "market"})
    typed = _typed(request.POST)

    def begun(actor: Actor, text: NewsText) -> int:
        return news.draft_article(actor=actor, key=typed["key"], text=text)

    return _kept(request, typed, None, begun)


@operator_page
@require_http_methods(["GET", "HEAD", "POST"])
def edition(request: HttpRequest, edition_id: int) -> HttpResponse:
    """A draft in the editor; any other version as readers get it, with what can be done to it."""
    row = edition_by_id(edition_id)
    if request.method != "POST":
        if row.state == EditionState.DRAFT:
            return _editor(request, _of_row(row), row)
        return _page(request, row)

    def saved(actor: Actor, text: NewsText) -> int:
        revision = whole_in(request, "revision")
        news.save_edition(row.id, actor=actor, revision=revision, text=text)
        return row.id

    return _kept(request, _typed(request.POST), row, saved)


def _kept(
    request: HttpRequest, typed: Typed, row: EditionRow | None, keep: Callable[[Actor, NewsText], int]
) -> HttpResponse:
    """Saves or previews what was typed; a refusal loses nothing of it."""
    try:
        text = _text_in(request)
        news.check_text(text)
        if request.POST.get("verb") == "preview":
            return _editor(request, typed, row, preview=text)
        number = keep(actor_of(request), text)
    except JinguoError as error:
        messages.error(request, _refusal(error))
        return _editor(request, typed, row, status=error.status)
    messages.success(request, _("草稿已保存"))
    return redirect(f"/console/news/{number}/")


def _refusal(error: JinguoError) -> str:
    """The error with the field's label instead of its name."""
    label = FIELD.get(str(error.facts.get("name", "")))
    text = message_of(error)
    return f"{label}：{text}" if label and words.in_chinese() else f"{label}: {text}" if label else text


FIELD: words.Words = {
    "kind": lazy("类别"),
    "category": lazy("主题"),
    "title_zh": lazy("标题"),
    "summary_zh": lazy("内容摘要"),
    "body_zh": lazy("正文"),
    "title_en": lazy("英文标题"),
    "summary_en": lazy("英文摘要"),
    "body_en": lazy("英文正文"),
    "source_name": lazy("来源"),
    "source_url": lazy("来源网址"),
    "note_zh": lazy("更正说明"),
    "note_en": lazy("英文更正说明"),
    "publish_at": lazy("发布时间"),
    "pinned_until": lazy("置顶至"),
}


def _typed(form: QueryDict) -> Typed:
    names = ("key", "kind", "category", "revision", *TEXTS, *MOMENTS)
    return {name: form.get(name, "") for name in names}


def _of_row(row: EditionRow) -> Typed:
    typed = {each.name: getattr(row.text, each.name) for each in fields(NewsText)}
    typed |= {name: _local(typed[name]) for name in MOMENTS}
    return {name: str(value) for name, value in typed.items()} | {"revision": str(row.revision)}


def _local(moment: datetime | None) -> str:
    """As the browser's datetime field takes it."""
    return "" if moment is None else f"{moment.astimezone(TIMEZONE):%Y-%m-%dT%H:%M}"


def _text_in(request: HttpRequest) -> NewsText:
    texts = {
        name: "\n".join(line.rstrip() for line in request.POST.get(name, "").strip().splitlines())
        for name in TEXTS
    }
    moments = {name: moment_in(request, name) if request.POST.get(name) else None for name in MOMENTS}
    return NewsText(
        kind=NewsKind(choice_in(request, "kind", set(NewsKind.values))),
        category=NewsCategory(choice_in(request, "category", set(NewsCategory.values))),
        **texts,
        publish_at=moments["publish_at"],
        pinned_until=moments["pinned_until"],
    )


def _editor(
    request: HttpRequest,
    typed: Typed,
    row: EditionRow | None = None,
    *,
    preview: NewsText | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "typed": typed,
        "longest": news.LONGEST,
        "kinds": [(value, words.word(KIND, value)) for value in NewsKind.values],
        "categories": [(value, words.word(CATEGORY, value)) for value in NewsCategory.values],
        "previews": [] if preview is None else _previews(preview),
        "correction": row is not None and row.version > 1,
        **({} if row is None else _context(request, row)),
    }
    return render(request, "console/news_editor.html", context, status=status)


def _previews(text: NewsText) -> list[dict[str, Any]]:
    """The text as readers of Chinese get it, then as readers of English do if it has any."""
    shown = []
    for language in ("zh-hans", "en") if text.title_en else ("zh-hans",):
        with translation.override(language):
            shown.append(text_shown(text))
    return shown


def _page(request: HttpRequest, row: EditionRow) -> HttpResponse:
    context = {
        "previews": _previews(row.text),
        **_context(request, row),
    }
    return render(request, "console/news_edition.html", context)


def _context(request: HttpRequest, row: EditionRow) -> dict[str, Any]:
    """What both faces of an edition show: its state, versions, history and what can be done."""
    state, siblings = _state(row), editions_of(row.article_id)
    steps = steps_of([row.id])
    writers = {step.actor for step in steps if step.verb in news.WRITING}
    newest = siblings[0].id == row.id or siblings[0].state == EditionState.DISCARDED
    return {
        **_row(row),
        "url_id": str(row.id),
        "state": state,
        "own": request.user.get_username() in writers,
        "versions": [_row(each) for each in siblings],
        "steps": [{"what": words.word(STEP, step.verb), "step": step} for step in steps],
        "can_correct": state in {"published", "scheduled"} and newest,
        "can_withdraw": state in {"published", "scheduled"},
        "pinned": state == "published" and newest and _pinned(row),
    }


def _pinned(row: EditionRow) -> bool:
    until, since = row.text.pinned_until, row.published_from
    assert since is not None
    return until is not None and until > now() and (row.unpinned_at is None or row.unpinned_at < since)


# Deeds -----------------------------------------------------------------------------------------------


@operator_page
@require_POST
def act(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Submits, sends back, publishes, discards, or withdraws the article; the version as it was read."""
    return carry_out(request, _VERBS, str(edition_id), f"/console/news/{edition_id}/")


@operator_page
@require_POST
def correct(request: HttpRequest, edition_id: int) -> HttpResponse:
    """Opens the next version in the editor."""
    try:
        number = news.correct_article(edition_by_id(edition_id).article_id, actor=actor_of(request))
    except JinguoError as error:
        messages.error(request, message_of(error))
        number = edition_id
    return redirect(f"/console/news/{number}/")


def _revision_in(request: HttpRequest) -> int:
    """The revision the page showed, which the dialogs carry as their subject. Raises BadParameter."""
    return id_in(request.POST.get("subject", ""))


def _submit(request: HttpRequest, actor: Actor, subject: str) -> str:
    news.submit_edition(id_in(subject), actor=actor, revision=_revision_in(request))
    return _("已提交，等待另一人审核发布")


def _send_back(request: HttpRequest, actor: Actor, subject: str) -> str:
    news.send_back(id_in(subject), actor=actor, revision=_revision_in(request), reason=reason_in(request))
    return _("已退回修改")


def _publish(request: HttpRequest, actor: Actor, subject: str) -> str:
    moment = news.publish_edition(
        id_in(subject), actor=actor, revision=_revision_in(request), reason=reason_in(request)
    )
    if moment > now():
        return _("已审核，将于 %(at)s 发布") % {"at": _moment(moment)}
    return _("已发布")


def _discard(request: HttpRequest, actor: Actor, subject: str) -> str:
    news.discard_edition(id_in(subject), actor=actor, reason=reason_in(request))
    return _("稿件已弃用")


def _withdraw(request: HttpRequest, actor: Actor, subject: str) -> str:
    hide = request.POST.get("hide_text", "")
    if hide not in {"", "1"}:
        raise BadParameter(name="hide_text")
    article_id = edition_by_id(id_in(subject)).article_id
    news.withdraw_article(article_id, actor=actor, reason=reason_in(request), hide_text=bool(hide))
    return _("已撤回，页面会说明时间和原因")


def _unpin(request: HttpRequest, actor: Actor, subject: str) -> str:
    article_id = edition_by_id(id_in(subject)).article_id
    news.unpin_article(article_id, actor=actor, reason=reason_in(request))
    return _("已取消置顶")


_VERBS: dict[str, Verb] = {
    "submit": _submit,
    "send_back": _send_back,
    "publish": _publish,
    "discard": _discard,
    "unpin": _unpin,
    "withdraw": _withdraw,
}
