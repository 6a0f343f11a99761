"""The typeface of documents: Noto Sans SC, embedded as a subset: every reader shows the same signs."""

import threading
from pathlib import Path

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR = "NotoSansSC"
BOLD = "NotoSansSC-Bold"
_FILES = {REGULAR: "NotoSansSC_400Regular.ttf", BOLD: "NotoSansSC_700Bold.ttf"}
_lock = threading.Lock()


def register_typeface() -> None:
    """Reads the faces once per process (a tenth of a second each)."""
    with _lock:
        known = set(pdfmetrics.getRegisteredFontNames())
        for name, file in _FILES.items():
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(Path(settings.FONT_DIR) / file)))
