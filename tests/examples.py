"""How many examples a property over the tables is tried with."""

import os


def examples(number: int) -> int:
    """All of them on SQLite; a third in the PostgreSQL pass.

    What an example finds in the rules it finds on SQLite. The second database is there for the statements,
    constraints and triggers, which each example goes through alike.
    """
    return max(2, number // 3) if os.environ.get("DATABASE_URL") else number
