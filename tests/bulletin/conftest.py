"""The market of pages, for what the bulletin reads of it."""

from tests.web.conftest import standing_market

__all__ = ["standing_market"]
