"""Every error below /api is problem+json, also those that Django makes before or after a view."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from exchange.kernel.errors import (
    CONTENT_TYPE,
    BodyTooLarge,
    InternalError,
    JinguoError,
    MalformedJson,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RateLimited,
    UnsupportedMediaType,
)
from web.api.access import BEHIND_ATTRIBUTE
from web.api.problems import problem_body, problem_headers

_KINDS: dict[int, type[JinguoError]] = {
    400: MalformedJson,
    401: NotAuthenticated,
    403: NotPermitted,
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
    429: RateLimited,
}


class ApiErrors:
    """Outermost middleware; leaves everything outside /api alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and give an error the one shape all errors of the API have."""
        response = self._get_response(request)
        if not request.path_info.startswith("/api/"):
            return response
        if getattr(request, BEHIND_ATTRIBUTE, False):
            response["X-Projection-Behind"] = "true"
        if response.status_code < 400 or response.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        return _as_problem(request, response)


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    kind = _KINDS.get(response.status_code, MalformedJson if response.status_code < 500 else InternalError)
    error = kind()
    made = HttpResponse(problem_body(error, request.headers.get("Accept-Language")), status=error.status)
    for name, value in problem_headers(error).items():
        made[name] = value
    if "Allow" in response:
        made["Allow"] = response["Allow"]
    return made
