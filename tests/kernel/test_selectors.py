"""What the console sees of the audit log."""

import pytest

from exchange.kernel import audit
from exchange.kernel.audit import SYSTEM, Actor
from exchange.kernel.selectors import audit_entries

pytestmark = pytest.mark.django_db


def test_the_trail_is_read_newest_first_and_searched() -> None:
    for number in range(1, 6):
        audit.record(actor=SYSTEM, action="fees.apply", subject=f"member:G{number:03d}")
    audit.record(actor=Actor("王芳"), action="session.open", subject="session:1", reason="丰收季")

    assert [row.number for row in audit_entries(limit=2)] == [6, 5]
    assert [row.number for row in audit_entries(before=5, limit=2)] == [4, 3]
    for text in ("王芳", "session.op", "丰收"):
        assert [row.number for row in audit_entries(search=text)] == [6]
