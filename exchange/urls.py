"""Addresses of everything Django serves. The order path and health checks stand before it, in asgi.py."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path


def _there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
if _there("web.api.urls"):
    urlpatterns.append(path("api/v1/", include("web.api.urls")))
if _there("web.console.urls"):
    urlpatterns.append(path("console/", include("web.console.urls")))
if _there("web.pages.urls"):
    urlpatterns.append(path("", include("web.pages.urls")))
