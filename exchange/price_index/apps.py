from django.apps import AppConfig


class PriceIndexConfig(AppConfig):
    name = "exchange.price_index"
    label = "price_index"
