from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "exchange.kernel"
    label = "kernel"
