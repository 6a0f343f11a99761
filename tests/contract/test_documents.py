"""The documents clients build on change only when somebody means it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.kernel.errors import catalogue
from tests.contract.snapshot import ASYNCAPI, OPENAPI, documents


@pytest.mark.parametrize("path", [OPENAPI, ASYNCAPI], ids=lambda path: path.name)
def test_the_document_is_the_one_that_was_looked_at(path: Path) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert documents()[path] == kept, "changed on purpose? python -m tests.contract.snapshot"


def test_the_server_publishes_these_documents(client: httpx.Client) -> None:
    published = {OPENAPI: "/api/v1/openapi.json", ASYNCAPI: "/api/v1/asyncapi.json"}
    for path, address in published.items():
        assert client.get(address).json() == json.loads(path.read_text(encoding="utf-8"))


def test_one_document_has_the_order_path_and_the_rest() -> None:
    paths = documents()[OPENAPI]["paths"]
    assert set(paths["/api/v1/orders"]) == {"get", "post", "delete"}
    assert set(paths["/api/v1/orders/{order_id}"]) == {"get", "put", "patch", "delete"}
    assert "/api/v1/products/{code}/book" in paths


def test_every_reference_leads_somewhere() -> None:
    for document in documents().values():
        for reference in _references(document):
            found: Any = document
            for part in reference.removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/")]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in _references(value)]
    return [each for value in node for each in _references(value)] if isinstance(node, list) else []


def test_every_operation_has_a_name_and_says_how_it_is_refused() -> None:
    names = []
    for operations in documents()[OPENAPI]["paths"].values():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation["summary"]
    assert len(names) == len(set(names))


def test_codes_are_words() -> None:
    assert all(code.isidentifier() and code.islower() for code in catalogue())
