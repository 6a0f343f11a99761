"""Collected static files: hashed names, and each file compressed once instead of at every collection."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

_HASHED = re.compile(r"\.[0-9a-f]{12}\.")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's storage, which by itself compresses all files again whenever one has changed."""

    def create_compressor(self, **options: Any) -> Any:
        """gzip only: brotli at its best level costs seconds for a file, where it happens to be installed."""
        return super().create_compressor(use_brotli=False, **options)

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Leaves out what has its compressed copy already."""
        yield from super().compress_files([path for path in paths if not self._is_compressed(path)])

    def _is_compressed(self, path: str) -> bool:
        source = Path(self.path(path))
        copy = source.with_name(source.name + ".gz")
        if not copy.exists():
            return False
        return bool(_HASHED.search(path)) or copy.stat().st_mtime >= source.stat().st_mtime
