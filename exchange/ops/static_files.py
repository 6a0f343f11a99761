"""Style sheets and scripts, collected once for serving and again only when one has changed."""

import fcntl
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_when_changed() -> None:
    """Seconds the first time, then nothing. Processes that start together wait for one to collect."""
    root = Path(settings.STATIC_ROOT)
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _changed():
            call_command("collectstatic", interactive=False, verbosity=0)


def _changed() -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected_at = manifest.stat().st_mtime
    sources = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    return any(source.stat().st_mtime > collected_at for source in sources)
