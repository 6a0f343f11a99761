"""Addresses of everything Django serves. The order path and health checks stand before it, in web.routing."""

from typing import NoReturn

from django.http import Http404, HttpRequest
from django.urls import include, path, re_path


def not_offered(request: HttpRequest) -> NoReturn:
    """Log-ins are made by the operator, so allauth's own sign-up, e-mail and reset pages do not exist."""
    raise Http404


urlpatterns = [
    re_path(r"^accounts/(?:signup|email|confirm-email|password/reset)/", not_offered),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("web.api.urls")),
    path("console/", include("web.console.urls")),
    path("", include("web.store.urls")),
    path("", include("web.pages.urls")),
]
