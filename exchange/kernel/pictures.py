"""Photographs: made harmless when they come, kept as files under the hash of what was sent.

A picture is decoded and encoded anew, so that nothing of the file that came is ever served: no position,
owner or device from its metadata, nothing hidden behind or between its pixels. It is turned upright, made no
larger than a screen shows, and has a thumbnail. Files lie in DATA_DIR/photos; all processes that serve pages
share that folder.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from exchange.kernel import calendar
from exchange.kernel.models import Picture
from exchange.kernel.picture_errors import BadPhoto, PhotoTooLarge, UnknownPhoto

MEDIA_TYPE = "image/jpeg"
"""Of every picture that is kept, whatever it came as."""
MAX_BYTES = 10_000_000
"""Of a file that is sent."""
MAX_PIXELS = 64_000_000
LEAST_SIDE = 16
LONGEST_SIDE = 2_048
THUMB_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY, THUMB_QUALITY = 85, 78
_HASH = re.compile(r"[0-9a-f]{64}")


class Size(StrEnum):
    """In which size a picture is kept."""

    FULL = "full"
    THUMB = "thumb"


class KeptPicture(NamedTuple):
    """A picture that is kept; pixels as it is shown."""

    sha256: str
    """Of the file that was sent: its name here, and what makes a resend one picture."""
    width: int
    height: int
    size_bytes: int


def keep(content: bytes) -> KeptPicture:
    """Keeps a picture (JPEG, PNG or WebP); the same file sent again is the same picture.

    Raises PhotoTooLarge, BadPhoto (no picture, damaged, too many or too few pixels).
    """
    digest = hashlib.sha256(content).hexdigest()
    known = Picture.objects.filter(pk=digest).first()
    if known is None or not all(path_of(digest, size).is_file() for size in Size):
        full, thumb, (width, height) = _made_harmless(content)
        _write(path_of(digest, Size.FULL), full)
        _write(path_of(digest, Size.THUMB), thumb)
        made = {
            "full_sha256": hashlib.sha256(full).hexdigest(),
            "thumb_sha256": hashlib.sha256(thumb).hexdigest(),
            "width": width,
            "height": height,
            "size_bytes": len(full),
            "kept_at": calendar.now(),
        }
        known, _ = Picture.objects.get_or_create(pk=digest, defaults=made)
    return KeptPicture(known.sha256, known.width, known.height, known.size_bytes)


def read(digest: str, size: Size) -> bytes:
    """A kept picture as JPEG. Raises UnknownPhoto, ValueError when the file is not what was kept."""
    known = Picture.objects.filter(pk=digest).first()
    if known is None:
        raise UnknownPhoto(detail=digest)
    try:
        content = path_of(digest, size).read_bytes()
    except FileNotFoundError as error:
        raise UnknownPhoto(detail=digest) from error
    wanted = known.full_sha256 if size == Size.FULL else known.thumb_sha256
    if hashlib.sha256(content).hexdigest() != wanted:
        raise ValueError(f"picture {digest} ({size}) does not have its hash")
    return content


def pictures(digests: Iterable[str]) -> dict[str, KeptPicture]:
    """Kept pictures by the hash of what was sent."""
    rows = Picture.objects.filter(pk__in=set(digests))
    return {row.sha256: KeptPicture(row.sha256, row.width, row.height, row.size_bytes) for row in rows}


def path_of(digest: str, size: Size) -> Path:
    """Where a picture lies. Raises UnknownPhoto for what is no hash, so no name can lead elsewhere."""
    if _HASH.fullmatch(digest) is None:
        raise UnknownPhoto(detail=digest[:80])
    return Path(settings.DATA_DIR) / "photos" / digest[:2] / f"{digest}.{size.value}.jpg"


def _made_harmless(content: bytes) -> tuple[bytes, bytes, tuple[int, int]]:
    """(picture, thumbnail, width and height). Raises PhotoTooLarge, BadPhoto."""
    if len(content) > MAX_BYTES:
        raise PhotoTooLarge(most_mb=MAX_BYTES // 1_000_000)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as sent:
            if sent.width * sent.height > MAX_PIXELS:
                raise BadPhoto(why_zh="像素过多", why_en="it has too many pixels")
            if min(sent.size) < LEAST_SIDE:
                raise BadPhoto(why_zh="像素过少", why_en="it has too few pixels")
            sent.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image = _upright(sent)
    except UnidentifiedImageError as error:
        raise BadPhoto(why_zh="不是 JPEG、PNG 或 WebP", why_en="it is no JPEG, PNG or WebP") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BadPhoto(why_zh="文件不完整或已损坏", why_en="it is cut off or damaged") from error
    full = _encoded(image, QUALITY)
    size = image.size
    image.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return full, _encoded(image, THUMB_QUALITY), size


def _upright(sent: Image.Image) -> Image.Image:
    """The picture as it is to be seen, in plain RGB, no larger than LONGEST_SIDE; decodes all of it."""
    image = ImageOps.exif_transpose(sent)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    image = image.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _encoded(image: Image.Image, quality: int) -> bytes:
    """A JPEG of the pixels and nothing else."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = BytesIO()
    bare.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, also when two processes keep the same picture at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.partial")
    with partial.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
