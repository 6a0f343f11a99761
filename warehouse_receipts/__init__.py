"""Warehouses, intake, inspection and electronic warehouse receipts."""
