"""Addresses of the pages: public ones, a member's own, the sell flow, the terminal."""

from django.urls import include, path

from web.pages import board, index, look, me, orders, papers, receipts, sell, verify

urlpatterns = [
    path("", board.board),
    path("products/<str:code>/", board.product),
    path("about/", board.about),
    path("index/", index.index),
    path("index/download.csv", index.download),
    path("index/<str:day>/", index.day),
    path("index/<str:day>/evidence.json", index.evidence_json),
    path("preferences/", look.preferences),
    path("verify/", verify.ask),
    path("verify/file/", verify.upload),
    path("verify/<str:kind>/<str:number>/<str:code>/", verify.answer, name="verify_answer"),
    path("trade/", include("web.pages.trade_urls")),
    path("me/", me.funds),
    path("me/ledger.csv", me.ledger_csv),
    path("me/deposit/", me.deposit),
    path("me/withdraw/", me.withdraw),
    path("me/receipts/", receipts.receipts),
    path("me/receipts/<str:receipt_no>/", receipts.receipt),
    path("me/orders/", orders.orders),
    path("me/contracts/", me.contracts),
    path("me/contracts/<str:contract_no>/", me.contract),
    path("me/contracts/<str:contract_no>/contract.pdf", papers.contract_pdf),
    path("papers/contracts/<str:contract_no>.pdf", papers.any_contract_pdf),
    path("me/statements/", me.statements),
    path("me/statements/<str:day>/", me.one_statement),
    path("sell/", sell.pick),
    path("sell/result/<int:order_id>/", sell.result),
    path("sell/<str:code>/", sell.price),
]
