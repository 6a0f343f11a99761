"""The public HTTP API as a demo member uses it."""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S = 10


class DemoTrader(NamedTuple):
    """A member it trades for."""

    code: str
    kind: str
    key: str


class Answer(NamedTuple):
    """Status and JSON of an HTTP answer."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The stable code of an error."""
        return str(self.body.get("code", self.status))


class Api:
    """The public API over one connection that is opened again when it breaks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, f"{url} has no host"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=TIMEOUT_S)

    def call(
        self, method: str, path: str, key: str | None = None, body: dict[str, Any] | None = None
    ) -> Answer:
        """One request. Raises OSError or HTTPException when there is no answer."""
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        payload = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, f"/api/v1{path}", payload, headers)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Answer(answer.status, json.loads(raw) if raw else {})

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
