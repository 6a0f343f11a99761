from django.apps import AppConfig


class WarehouseReceiptsConfig(AppConfig):
    name = "warehouse_receipts"
    label = "warehouse_receipts"
