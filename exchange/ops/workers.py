"""Threads that work beside a server until told to stop, and what happens when one fails."""

import logging
import threading
from collections.abc import Callable

from django.db import connections

logger = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]
"""Runs until the event is set. Ending by itself or raising is a failure."""


class Worker:
    """One named thread with its own stop; a failure is told once and never hidden."""

    def __init__(self, name: str, work: Work, on_failure: Callable[[str], None]) -> None:
        self.name = name
        self._work = work
        self._on_failure = on_failure
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except Exception:
            logger.critical("The %s stopped", self.name, exc_info=True)
        finally:
            connections.close_all()
        if not self._stop.is_set():
            self._on_failure(self.name)

    def stop(self) -> None:
        """Tell it to end and wait until it has."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
