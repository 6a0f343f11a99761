"""What is kept of a photograph, and what is never kept."""

from io import BytesIO
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from exchange.kernel import pictures
from exchange.kernel.models import Picture
from exchange.kernel.picture_errors import BadPhoto, PhotoTooLarge, UnknownPhoto
from exchange.kernel.pictures import Size
from tests.photographs import LATITUDE, a_photograph

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_is_kept_without_its_position_and_upright(form: str) -> None:
    sent = a_photograph(form=form, size=(3_000, 1_500), turned=True)
    assert LATITUDE in sent
    kept = pictures.keep(sent + b"<script>alert(1)</script>")
    assert (kept.width, kept.height) == (1_024, 2_048)
    for size, longest in ((Size.FULL, 2_048), (Size.THUMB, 480)):
        served = pictures.read(kept.sha256, size)
        for private in (LATITUDE, b"Exif", b"phone", b"script"):
            assert private not in served
        shown = Image.open(BytesIO(served))
        assert (shown.format, max(shown.size), dict(shown.getexif())) == ("JPEG", longest, {})
        blue = shown.getpixel((shown.width - 10, 10))
        assert isinstance(blue, tuple)
        assert blue[2] > 180, "the corner that was top left is top right"


def test_one_file_is_one_picture_and_final() -> None:
    first = pictures.keep(a_photograph(1))
    path = pictures.path_of(first.sha256, Size.FULL)
    written = path.stat().st_mtime_ns
    assert pictures.keep(a_photograph(1)) == first
    assert path.stat().st_mtime_ns == written
    assert pictures.pictures([first.sha256, "0" * 64]) == {first.sha256: first}
    with pytest.raises(IntegrityError), transaction.atomic():
        Picture.objects.filter(pk=first.sha256).update(width=1)
    path.write_bytes(pictures.read(first.sha256, Size.THUMB))
    with pytest.raises(ValueError, match="does not have its hash"):
        pictures.read(first.sha256, Size.FULL)
    path.unlink()
    with pytest.raises(UnknownPhoto):
        pictures.read(first.sha256, Size.FULL)
    assert pictures.keep(a_photograph(1)) == first
    assert pictures.read(first.sha256, Size.FULL)


HTML = b"<!doctype html><svg onload=alert(1)>" + bytes(50)
BOMB = a_photograph(form="PNG", size=(16, 16)).replace(
    (16).to_bytes(4) + (16).to_bytes(4), (60_000).to_bytes(4) + (60_000).to_bytes(4)
)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", BadPhoto),
        (HTML, BadPhoto),
        (b"GIF89a" + HTML, BadPhoto),
        (b"\xff\xd8\xff\xe0" + HTML, BadPhoto),
        (b"\x89PNG\r\n\x1a\n" + HTML, BadPhoto),
        (a_photograph(size=(8, 8)), BadPhoto),
        (BOMB, BadPhoto),
        (a_photograph() + bytes(pictures.MAX_BYTES), PhotoTooLarge),
    ],
)
def test_what_is_no_photograph_leaves_nothing(sent: bytes, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        pictures.keep(sent)
    assert not list(tmp_path.rglob("*.*"))
    assert not Picture.objects.exists()


WHOLE = {form: a_photograph(form=form, size=(160, 120)) for form in ("JPEG", "PNG", "WEBP")}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # what Pillow thinks of a damaged photograph
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from(sorted(WHOLE)), at=st.floats(0, 0.95), byte=st.integers(0, 255), cut=st.booleans()
)
def test_a_damaged_file_is_refused_or_comes_out_as_a_bare_picture(
    form: str, at: float, byte: int, cut: bool
) -> None:
    whole = WHOLE[form]
    place = int(at * len(whole))
    sent = whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :]
    try:
        kept = pictures.keep(sent)
    except BadPhoto:
        return
    assert not cut
    Image.open(BytesIO(pictures.read(kept.sha256, Size.FULL))).load()
    assert LATITUDE not in pictures.read(kept.sha256, Size.FULL)


@pytest.mark.parametrize("name", ["../../secret_key", "a" * 63, "A" * 64, "", "/" * 64])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(UnknownPhoto):
        pictures.read(name, Size.FULL)
    with pytest.raises(UnknownPhoto):
        pictures.path_of(name, Size.FULL)
