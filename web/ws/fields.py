"""The fields that messages of the order path share: their forms and bounds."""

from typing import Annotated

import msgspec

MAX_BODY = 64 * 1024
"""Bytes of one request body or one socket message."""
MAX_ORDER_ID = 2**63 - 1

CLIENT_ORDER_ID = r"^[A-Za-z0-9_.-]{1,36}\Z"
SHOWN_CLIENT_ORDER_ID = CLIENT_ORDER_ID.replace(r"\Z", "$")
"""The same in the dialect of JSON Schema, where ``$`` does not match before a newline."""
ClientOrderId = Annotated[str, msgspec.Meta(pattern=CLIENT_ORDER_ID)]
OrderId = Annotated[int, msgspec.Meta(ge=1, le=MAX_ORDER_ID)]
ProductCode = Annotated[str, msgspec.Meta(max_length=64)]
RequestId = Annotated[str, msgspec.Meta(max_length=64)] | Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
