from django.apps import AppConfig


class MarketDataConfig(AppConfig):
    name = "exchange.market_data"
    label = "market_data"
