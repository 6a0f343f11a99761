"""Photographs as files, each under its own hash in DATA_DIR: kept once, never overwritten."""

from pathlib import Path

from django.conf import settings

from warehouse_receipts.errors import BadPhoto

MAX_BYTES = 5_000_000
_MIN_BYTES = 12


def checked_type(content: bytes) -> str:
    """The image type the bytes themselves show. Raises BadPhoto: too large, or no JPEG, PNG or WebP."""
    if not _MIN_BYTES <= len(content) <= MAX_BYTES:
        raise BadPhoto(why_zh="大小不超过 5 MB", why_en="at most 5 MB")
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise BadPhoto(why_zh="只接受 JPEG、PNG、WebP", why_en="JPEG, PNG or WebP only")


def path_of(digest: str) -> Path:
    """Where the photograph with this hash lies."""
    assert len(digest) == 64
    assert digest.isalnum()
    return Path(settings.DATA_DIR) / "photos" / digest[:2] / digest


def keep(digest: str, content: bytes) -> None:
    """Writes a file under its hash, whole or not at all."""
    path = path_of(digest)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
