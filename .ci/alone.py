"""Runs what failed in `make test` once more, alone.

Tests that start servers, kill them and watch the clock share two cores with three other workers there. What fails
beside them and passes alone was disturbed; what fails alone is broken. Both outcomes stay in the output, and more than
a few failures are not looked at again.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

A_FEW = 4

CACHE = Path(".pytest_cache/v/cache/lastfailed")


def main() -> int:
    failed = [re.sub(r"@\w+$", "", test) for test in json.loads(CACHE.read_text())] if CACHE.exists() else []
    if not 0 < len(failed) <= A_FEW:
        print(f"!!! {len(failed)} failures: not run again", file=sys.stderr)
        return 1
    print(f"!!! {len(failed)} failed beside others, now alone: {failed}", file=sys.stderr, flush=True)
    return int(pytest.main(["-n", "0", "--oracle", "parte", *failed]))


if __name__ == "__main__":
    raise SystemExit(main())
