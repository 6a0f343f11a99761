"""Addresses below /api/v1 that Django serves; the order path stands before Django, in web.routing."""

from django.http import HttpRequest, JsonResponse
from django.urls import path

from web.api.api import api
from web.api.socket_document import socket_document


def asyncapi(request: HttpRequest) -> JsonResponse:
    """The document of the socket."""
    return JsonResponse(socket_document(), json_dumps_params={"ensure_ascii": False})


urlpatterns = [path("asyncapi.json", asyncapi, name="asyncapi"), path("", api.urls)]
