"""The tables from the event loop: in a worker thread, on a connection of its own that is fresh."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


async def in_tables(
    function: Callable[_Arguments, _Result], /, *arguments: _Arguments.args, **named: _Arguments.kwargs
) -> _Result:
    """What the function returns; it may read and write tables, and holds up nobody else."""

    def work() -> _Result:
        close_old_connections()
        try:
            return function(*arguments, **named)
        finally:
            close_old_connections()

    return await sync_to_async(work, thread_sensitive=False)()
