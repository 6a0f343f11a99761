"""Photographs of a lot: kept once, at most twenty, seen by who may see the lot."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from exchange.kernel.audit import Actor
from exchange.kernel.picture_errors import BadPhoto, TooManyPhotos, UnknownPhoto
from exchange.kernel.pictures import Size
from tests.photographs import a_photograph
from tests.warehouse_receipts.goods import SELLER, a_booked_lot, a_warehouse
from warehouse_receipts import services
from warehouse_receipts.errors import UnknownIntake
from warehouse_receipts.models import LotPhoto
from warehouse_receipts.photographs import MAX_PHOTOS, lot_photo, photos_of_lots
from warehouse_receipts.states import PhotoKind
from warehouse_receipts.viewing import OPERATOR, Viewer, keeper_of

pytestmark = pytest.mark.django_db
MAKER = Actor("maker")


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def test_photographs_of_a_lot_are_kept_once_and_at_most_twenty() -> None:
    lot = a_booked_lot(a_warehouse())
    sent = [a_photograph(number, size=(64, 48)) for number in range(MAX_PHOTOS + 1)]
    hashes = [
        services.attach_photo(lot, kind=PhotoKind.GATE, content=each, actor=MAKER) for each in sent[:-1]
    ]
    assert services.attach_photo(lot, kind=PhotoKind.ROOM, content=sent[0], actor=MAKER) == hashes[0]
    with pytest.raises(TooManyPhotos):
        services.attach_photo(lot, kind=PhotoKind.ROOM, content=sent[-1], actor=MAKER)
    with pytest.raises(BadPhoto):
        services.attach_photo(lot, kind=PhotoKind.GATE, content=sent[0][:200], actor=MAKER)
    with pytest.raises(UnknownIntake):
        services.attach_photo("RK0", kind=PhotoKind.GATE, content=sent[0], actor=MAKER)
    assert [(row.sha256, row.kind) for row in photos_of_lots([lot])] == [(each, "gate") for each in hashes]
    with pytest.raises(IntegrityError), transaction.atomic():
        LotPhoto.objects.all().delete()


def test_they_are_seen_by_who_may_see_the_lot() -> None:
    lot, other = a_booked_lot(a_warehouse()), a_warehouse("QX09")
    digest = services.attach_photo(lot, kind=PhotoKind.SAMPLE, content=a_photograph(), actor=MAKER)
    for viewer in (
        keeper_of("XY01"),
        Viewer(account_no=SELLER),
        OPERATOR,
        Viewer(institution="inspector:B1"),
    ):
        assert lot_photo(lot, digest, viewer, Size.THUMB).startswith(b"\xff\xd8\xff")
    for viewer in (
        keeper_of(other),
        Viewer(account_no=SELLER + 1),
        Viewer(institution="lender:L1"),
        Viewer(),
    ):
        with pytest.raises(UnknownPhoto):
            lot_photo(lot, digest, viewer, Size.THUMB)
    with pytest.raises(UnknownPhoto):
        lot_photo(lot, "0" * 64, OPERATOR, Size.FULL)
