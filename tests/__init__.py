"""The suite. ``python -m tests`` runs all of it; ``pytest`` with a path runs a part of it on SQLite."""

import os
import sys

# Compiled modules are kept, whatever the shell says: dozens of starts of the exchange and of pytest itself
# would compile all of it, and rewrite all assertions, anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
