"""Addresses below /console/."""

from django.urls import path

from web.console import desk, members, sessions

urlpatterns = [
    path("", sessions.session),
    path("session/", sessions.act),
    path("members/", members.members),
    path("members/act/", members.act),
    path("bank/", desk.bank),
    path("health/", desk.health),
    path("audit/", desk.audit),
]
