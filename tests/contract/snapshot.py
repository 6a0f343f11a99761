"""The published documents, as they were last looked at; ``python -m tests.contract.snapshot`` renews them."""

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
OPENAPI = FOLDER / "openapi.json"
ASYNCAPI = FOLDER / "asyncapi.json"


def documents() -> dict[Path, dict[str, Any]]:
    """What the code publishes now, by the file that keeps it."""
    from web.api.api import api
    from web.api.socket_document import socket_document

    published = {OPENAPI: api.get_openapi_schema(path_prefix="/api/v1/"), ASYNCAPI: socket_document()}
    return {path: json.loads(json.dumps(document)) for path, document in published.items()}


def main() -> None:
    """Write what the code publishes now."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
    django.setup()
    for path, document in documents().items():
        text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
