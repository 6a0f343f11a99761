"""Addresses below /console/."""

from django.urls import path

from web.console import (
    delivery_desk,
    desk,
    finance_desk,
    halls,
    index_desk,
    members,
    register,
    sessions,
    terms_desk,
)

urlpatterns = [
    path("", sessions.session),
    path("session/", sessions.act),
    path("members/", members.members),
    path("members/act/", members.act),
    path("halls/", halls.desk),
    path("halls/act/", halls.act),
    path("receipts/", register.receipts),
    path("receipts/act/", register.act),
    path("receipts/export.<str:kind>", register.export),
    path("index/", index_desk.index),
    path("index/compute/", index_desk.compute),
    path("index/publish/", index_desk.publish),
    path("bank/", desk.bank),
    path("finance/", finance_desk.finance),
    path("finance/act/", finance_desk.act),
    path("finance/trial-balance.csv", finance_desk.trial_balance),
    path("finance/files/<int:file_id>/", finance_desk.bank_file),
    path("deliveries/", delivery_desk.board),
    path("deliveries/evidence/<int:evidence_id>/", delivery_desk.evidence),
    path("deliveries/cases/<str:case_no>.zip", delivery_desk.case_zip),
    path("deliveries/<str:contract_no>/", delivery_desk.delivery),
    path("deliveries/<str:contract_no>/act/", delivery_desk.act),
    path("terms/", terms_desk.terms),
    path("terms/act/", terms_desk.act),
    path("health/", desk.health),
    path("audit/", desk.audit),
]
