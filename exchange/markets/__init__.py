"""Varieties, grade cells, products, sessions and fees."""
