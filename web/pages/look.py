"""How a reader wants to see the pages: theme and the colour of a rise, kept in two plain cookies.

The server writes both on the html element, so no page ever flashes in the wrong colours. The
language follows the same thought: Chinese unless the reader chose otherwise; the browser's own
list is not asked, because a market in Xianyang speaks Chinese first.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

CHOICES: dict[str, tuple[str, ...]] = {"theme": ("auto", "light", "dark"), "updown": ("red-up", "green-up")}
DAY_S = 24 * 3600
YEAR_S = 365 * DAY_S


def look(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Context processor: ``look.theme`` and ``look.updown``, the first choice where none was made."""
    chosen = {}
    for name, values in CHOICES.items():
        value = request.COOKIES.get(name, "")
        chosen[name] = value if value in values else values[0]
    return {"look": chosen}


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keeps the choices that came with the form and returns to the page they came from."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    for name, values in CHOICES.items():
        value = request.POST.get(name)
        if value in values:
            response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", secure=request.is_secure())
    return response


class ChosenLanguage:
    """Middleware: the language of the cookie if it is one of ours, else Chinese."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


def icon(_request: HttpRequest) -> HttpResponse:
    """Where the mark is, for browsers that look for it where it always was.

    A page that says there is none would set another CSRF cookie, and shut the form just opened.
    """
    response = redirect(static("design/mark.svg"))
    response["Cache-Control"] = f"max-age={DAY_S}"
    return response
