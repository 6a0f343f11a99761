from django.apps import AppConfig


class HallsConfig(AppConfig):
    name = "exchange.halls"
    label = "halls"
