"""An open hall for each test."""

import pytest

from tests.halls.hall import Hall


@pytest.fixture
def hall(db: None) -> Hall:
    """Two growers with 20 t, three dealers with a million yuan."""
    return Hall().open_doors()
