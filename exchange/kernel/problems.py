"""What an error is here, and how it is shown: RFC 9457 problem details in two languages."""

import string
from typing import Any, ClassVar, NotRequired, TypedDict

CONTENT_TYPE = "application/problem+json"


class Message(TypedDict):
    """A text in both languages."""

    zh: str
    en: str


class Problem(TypedDict):
    """Body of an error answer: RFC 9457 members, then ours."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    message: Message
    hint: NotRequired[Message]
    facts: NotRequired[dict[str, str | int]]


class JinguoError(Exception):
    """A refusal with a code, a text in both languages and what to do about it.

    Facts given as keywords are put into the texts where these name them in braces, and are shown beside them.
    ``detail`` is one more sentence about this one case, for the log and the answer.
    """

    code: ClassVar[str] = ""
    status: ClassVar[int] = 400
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    hint_zh: ClassVar[str] = ""
    hint_en: ClassVar[str] = ""
    unknown_fact: ClassVar[str] = "?"

    def __init__(self, detail: str = "", **facts: str | int) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.facts = facts

    def message(self, language: str) -> str:
        """What happened, in "zh" (also "zh-hans" and the like) or "en"."""
        return self._filled(self.zh if language.startswith("zh") else self.en)

    def hint(self, language: str) -> str:
        """What to do, in "zh" or "en"."""
        return self._filled(self.hint_zh if language.startswith("zh") else self.hint_en)

    def _filled(self, template: str) -> str:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name]
        return template.format(**{name: self.facts.get(name, self.unknown_fact) for name in names})

    def __str__(self) -> str:
        return f"{self.code}: {self.detail or self.message('en')}"


def to_problem(error: JinguoError, language: str = "zh") -> Problem:
    """The error as problem+json; ``language`` decides title and detail, ``message`` carries both."""
    title = error.message(language)
    problem = Problem(
        type=f"urn:jinguo:problem:{error.code}",
        title=title,
        status=error.status,
        code=error.code,
        detail=error.detail or title,
        message=Message(zh=error.message("zh"), en=error.message("en")),
    )
    if error.hint_zh:
        problem["hint"] = Message(zh=error.hint("zh"), en=error.hint("en"))
    if error.facts:
        problem["facts"] = dict(error.facts)
    return problem


def catalogue() -> dict[str, type[JinguoError]]:
    """Every code and its type, sorted by code."""
    found: dict[str, type[JinguoError]] = {}
    waiting: list[Any] = [JinguoError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.code:
                assert kind.code not in found, f"code {kind.code} is used twice"
                found[kind.code] = kind
    return dict(sorted(found.items()))
