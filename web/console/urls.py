"""Addresses below /console/."""

from django.urls import path

from web.console import desk, halls, index_desk, members, sessions

urlpatterns = [
    path("", sessions.session),
    path("session/", sessions.act),
    path("members/", members.members),
    path("members/act/", members.act),
    path("halls/", halls.desk),
    path("halls/act/", halls.act),
    path("index/", index_desk.index),
    path("index/compute/", index_desk.compute),
    path("index/publish/", index_desk.publish),
    path("bank/", desk.bank),
    path("health/", desk.health),
    path("audit/", desk.audit),
]
