"""Commands of the desk carry the floor's time: nobody else's clock decides when a bid came."""

import struct

from matching.desk_types import FIRST_DESK_KIND, LAST_DESK_KIND
from matching.types import RECORD_SIZE

_BOOKS = bytes(kind for kind in range(256) if not FIRST_DESK_KIND <= kind <= LAST_DESK_KIND)
_TIME = struct.Struct("<q")
_TIME_AT = 8
"""Where the time stands in a command record."""


def stamped(commands: bytes, time_ns: int) -> bytes:
    """The batch with the time of every desk command set; one without any is returned as it is."""
    kinds = commands[::RECORD_SIZE]
    if not kinds.translate(None, _BOOKS):
        return commands
    changed = bytearray(commands)
    for at, kind in enumerate(kinds):
        if FIRST_DESK_KIND <= kind <= LAST_DESK_KIND:
            _TIME.pack_into(changed, at * RECORD_SIZE + _TIME_AT, time_ns)
    return bytes(changed)
