from django.apps import AppConfig


class HallsConfig(AppConfig):
    name = "exchange.halls"
    label = "halls"

    def ready(self) -> None:
        """The register, which does not know offers, is told how to pull them."""
        from exchange.halls.pulling import pull_frozen
        from warehouse_receipts.court_orders import PULLERS

        if pull_frozen not in PULLERS:
            PULLERS.append(pull_frozen)
