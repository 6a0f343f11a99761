from django.apps import AppConfig


class TradingConfig(AppConfig):
    name = "exchange.trading"
    label = "trading"

    def ready(self) -> None:
        """Titles that wait for the balance of a contract are kept in the receipt register."""
        from exchange.trading.contract_title import ReceiptsOfContracts
        from settlement.title import keep_title_with

        keep_title_with(ReceiptsOfContracts())
