from django.apps import AppConfig


class BulletinConfig(AppConfig):
    name = "exchange.bulletin"
    label = "bulletin"
