"""Sessions, day roll, health, demo market: running the exchange."""
