"""Names of tests that tell them apart, and that carry their group to the scheduler.

Since pytest 9.2 a test's id is more than a string. pytest-xdist 3.8 still writes the group into the string,
where nobody reads it: groups are scattered over the workers, and each worker starts an exchange of its own.
Schemathesis leaves the operation out of the id: of many tests of one name, xdist runs one.
"""

import pytest
from _pytest.nodeid import coerce_node_id


def name_apart(item: pytest.Item, *, grouped: bool) -> None:
    """Gives the test its whole name, and in a run by groups ``@`` and its group."""
    assert item.parent is not None
    name = f"{item.parent.nodeid}::{item.name}"
    groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
    if grouped and groups:
        name = f"{name}@{'_'.join(groups)}"
    if name != item.nodeid:
        item._id = coerce_node_id(name)  # type: ignore[attr-defined]
