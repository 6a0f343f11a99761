"""The trading calendar in processes without a clock: read when they start, and again every minute."""

import logging
import threading

from django.db import DatabaseError, connection

from exchange.kernel import trading_calendar

logger = logging.getLogger(__name__)

EVERY_S = 60.0


def follow_calendar(stop: threading.Event) -> None:
    """Learns approved years until told to stop; a database that is away is asked again next time."""
    while True:
        try:
            trading_calendar.load()
        except DatabaseError as error:
            logger.warning("The trading calendar could not be read: %s", error)
        connection.close()
        if stop.wait(EVERY_S):
            return
