"""The suite. ``python -m tests`` runs all of it; ``pytest`` with a path runs a part of it on SQLite."""
