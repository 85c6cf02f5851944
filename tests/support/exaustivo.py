"""Whether `make exaustivo` runs: then a test takes its long form, which `make test` does a part of."""

from __future__ import annotations

import os

EXAUSTIVO = bool(os.environ.get("PREVENDA_TEST_EXAUSTIVO"))
