from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    name = "exchange.surveillance"
    label = "surveillance"
