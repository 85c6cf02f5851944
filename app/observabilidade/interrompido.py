"""A Ctrl-C while a command is still importing what it needs is a line, not a traceback. Importing this does it."""

from __future__ import annotations

import sys
from types import TracebackType

_before = sys.excepthook


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("Interrompido.\n")
    else:
        _before(kind, error, trace)


sys.excepthook = _tell
