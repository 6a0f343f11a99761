"""Addresses of the trading terminal, below /trade/."""

from django.urls import path

from web.pages import trade

urlpatterns = [
    path("", trade.terminal, name="trade"),
    path("<str:code>/", trade.terminal, name="trade_product"),
]
