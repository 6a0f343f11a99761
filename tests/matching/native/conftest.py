"""The checked engine, compiled once for all processes of a test run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.matching.native.checked import CheckedEngine, build, compiler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one process, so that no other waits while the compiler works."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("compiled"))


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The program of the checked engine."""
    assert compiler() is not None, "The checked engine needs a C++ compiler: install g++, or set CXX=path."
    folder = tmp_path_factory.getbasetemp()
    return build(folder if worker_id == "master" else folder.parent)


@pytest.fixture(scope="module")
def process(driver: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedEngine]:
    """The checked engine, as the test before left it; it must end well."""
    engine = CheckedEngine(driver, tmp_path_factory.mktemp("driver") / "report")
    yield engine
    engine.close()


@pytest.fixture
def checked(process: CheckedEngine) -> CheckedEngine:
    """The checked engine, empty; in a test of many examples call ``reset`` before each."""
    process.reset()
    return process
