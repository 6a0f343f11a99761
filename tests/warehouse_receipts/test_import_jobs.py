"""Long files of lots: written in bulk as one by one, and right whatever happens to who writes them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exchange.kernel import calendar
from exchange.kernel.audit import Actor
from tests.warehouse_receipts.goods import a_warehouse
from tests.warehouse_receipts.test_desks import ANYBODY, day_file
from warehouse_receipts import import_jobs, importing, services
from warehouse_receipts.bulk_intake import NewLot, load_lots
from warehouse_receipts.case_errors import BadFile
from warehouse_receipts.chain_check import broken_chains
from warehouse_receipts.import_errors import ImportUnderWay, UnknownImport
from warehouse_receipts.import_jobs import (
    ImportStatus,
    cancel_import,
    import_rows,
    import_status,
    submit_import,
)
from warehouse_receipts.importing import ImportMode, check_intakes
from warehouse_receipts.models import ImportedRow, Intake, IntakeImport, LifeEvent, LotOrigin
from warehouse_receipts.states import ImportState

pytestmark = pytest.mark.django_db

KEEPER = Actor("keeper")
ALL, GOOD = ImportMode.ALL_OR_NOTHING, ImportMode.GOOD_ROWS


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> str:
    """A store whose files are written a lot at a time."""
    monkeypatch.setattr(importing, "LOTS_AT_ONCE", 1)
    return a_warehouse()


def submitted(store: str, mode: ImportMode, text: str | None = None) -> int:
    return submit_import(text or day_file(), warehouse_code=store, mode=mode, file_name="d.csv", actor=KEEPER)


def run(name: str = "runner") -> bool:
    return import_jobs.run_next_import(runner=name, known=ANYBODY)


def status(job: int, store: str) -> ImportStatus:
    return import_status(job, warehouse_code=store)


def dying(at: int, monkeypatch: pytest.MonkeyPatch, death: type[BaseException] = KeyboardInterrupt) -> None:
    """The process dies as it is about to write its nth chunk; the next one lives."""
    calls = 0

    def load(lots: Sequence[NewLot], **more: Any) -> list[str]:
        nonlocal calls
        calls += 1
        if calls == at:
            raise death
        return load_lots(lots, **more)

    monkeypatch.setattr(importing, "load_lots", load)


def life_of(intake: Intake) -> list[Any]:
    """Everything that is written about a lot but its numbers, moments and hashes."""
    plain = {"id", "no", "warehouse", "booked_at", "arrived_at"}
    own = [str(getattr(intake, f.name)) for f in Intake._meta.concrete_fields if f.name not in plain]
    history = [
        (row.history_type, row.history_change_reason, row.state, row.plate, row.net_kg, row.pieces)
        for row in intake.history.order_by("history_id")
    ]
    events = LifeEvent.objects.filter(subject_no=intake.no).order_by("seq")
    said = [(event.seq, event.action, event.stage, event.party, event.actor, event.said) for event in events]
    origin = LotOrigin.objects.filter(intake=intake).values_list(
        "grower", "plot", "treatments", "harvested_on"
    )
    return [own, history, said, list(origin)]


def test_in_bulk_a_lot_gets_all_that_it_gets_alone() -> None:
    code = a_warehouse()
    lots = [
        each[1]
        for each in check_intakes(day_file(mark="甲"), warehouse_code=code, known=ANYBODY)
        if not isinstance(each, importing.RowReport)
    ]
    numbers = load_lots(lots, warehouse_code=code, actor=KEEPER)
    for lot, number in zip(lots, numbers, strict=True):
        alone = services.book_intake(
            warehouse_code=code,
            owner_no=lot.owner_no,
            orchard=lot.orchard,
            county=lot.county,
            variety_code=lot.variety_code,
            bagging=lot.bagging,
            crop_year=lot.crop_year,
            packaging=lot.packaging,
            mark=lot.mark,
            origin=lot.origin,
            actor=KEEPER,
        )
        services.arrive_intake(alone, plate=lot.plate, actor=KEEPER)
        services.weigh_intake(alone, pieces=lot.pieces, sample=lot.sample, actor=KEEPER)
        assert life_of(Intake.objects.get(no=number)) == life_of(Intake.objects.get(no=alone))
    assert broken_chains() == []


@pytest.mark.parametrize(("mode", "after_death"), [(GOOD, 1), (ALL, 0)])
def test_a_runner_that_dies_is_followed_by_another_and_no_lot_is_half_there_or_there_twice(
    store: str, mode: ImportMode, after_death: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submitted(store, mode)
    dying(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run()
    left = status(job, store)
    assert (left.state, left.rows_done, Intake.objects.count()) == ("running", after_death, after_death)
    assert not run("other"), "the lease has not run out"
    IntakeImport.objects.update(lease_until=calendar.now() - timedelta(seconds=1))
    assert run("other")

    done = status(job, store)
    assert (done.state, done.rows_done, done.loaded, done.refused) == ("done", 3, 3, 0)
    assert [row.line for row in import_rows(job, warehouse_code=store)] == [2, 3, 4]
    assert (Intake.objects.count(), ImportedRow.objects.count()) == (3, 3)
    assert IntakeImport.objects.get().text == ""
    assert broken_chains() == []


def test_work_that_breaks_off_is_tried_again_and_given_up_with_a_reason(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submitted(store, GOOD)
    monkeypatch.setattr(importing, "load_lots", lambda *_, **__: 1 / 0)
    for _ in range(import_jobs.MOST_ATTEMPTS):
        assert run()
        IntakeImport.objects.update(lease_until=calendar.now() - timedelta(seconds=1))
    assert not run()
    assert (status(job, store).state, status(job, store).code) == ("failed", "import_failed")


def test_bad_rows_stop_a_file_or_are_left_out_by_choice(store: str) -> None:
    bad = day_file(sample_pieces="0")
    job = submitted(store, ALL, bad)
    assert run()
    done = status(job, store)
    assert (done.loaded, done.refused, Intake.objects.count()) == (0, 1, 0)
    assert [row.code for row in import_rows(job, warehouse_code=store, bad_only=True)] == ["bad_weights"]
    job = submitted(store, GOOD, bad)
    assert run()
    assert (status(job, store).loaded, Intake.objects.count()) == (2, 2)
    with pytest.raises(BadFile):
        submitted(store, ALL, "a,b\n1,2\n")


def test_what_came_meanwhile_takes_all_back_where_nothing_may_load_unless_all_does(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between check and writing another file brought the third reference in."""
    job = submitted(store, ALL)
    real = importing.load_checked

    def late(chunk: Sequence[Any], **more: Any) -> list[importing.RowReport]:
        if not ImportedRow.objects.exists():
            lot = chunk[0][1]
            load_lots([replace(lot, reference="D3")], warehouse_code=store, actor=KEEPER)
        return real(chunk, **more)

    monkeypatch.setattr(import_jobs, "load_checked", late)
    assert run()
    assert [row.code for row in import_rows(job, warehouse_code=store)] == ["", "", "bad_row"]
    assert status(job, store).loaded == 0
    assert Intake.objects.count() == 0


def test_a_store_stops_its_own_file_and_what_was_loaded_stays(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_warehouse("XY02")
    job = submitted(store, GOOD)
    assert submitted(store, GOOD) == job
    with pytest.raises(ImportUnderWay):
        submitted(store, ALL)
    for look in (import_status, cancel_import):
        with pytest.raises(UnknownImport):
            look(job, warehouse_code=other, **({"actor": KEEPER} if look is cancel_import else {}))
    cancel_import(job, warehouse_code=store, actor=KEEPER)
    assert status(job, store).state == ImportState.CANCELLED
    job = submitted(store, GOOD)

    def load(lots: Sequence[NewLot], **more: Any) -> list[str]:
        cancel_import(job, warehouse_code=store, actor=KEEPER)
        return load_lots(lots, **more)

    monkeypatch.setattr(importing, "load_lots", load)
    assert run()
    stopped = status(job, store)
    assert (stopped.state, stopped.loaded, Intake.objects.count()) == ("cancelled", 1, 1)
    cancel_import(job, warehouse_code=store, actor=KEEPER)
    assert not run()


def test_a_runner_told_to_stop_leaves_the_rest_to_the_next(store: str) -> None:
    job = submitted(store, GOOD)
    looks = iter([False, True])
    assert import_jobs.run_next_import(runner="old", known=ANYBODY, stop=lambda: next(looks))
    assert (status(job, store).state, status(job, store).rows_done) == ("running", 1)
    assert run("new")
    assert (status(job, store).state, Intake.objects.count()) == ("done", 3)
