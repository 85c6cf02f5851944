"""Which tests run on which database, and what the end of a run says about it.

``--oracle nada`` leaves the Oracle driver out, ``parte`` (`make test`) takes the files of ``EM_PARTE``, ``tudo``
(`make test-oracle`) whatever takes the fixtures ``engine`` or ``casa``. What needs the protocol server itself, for its
faults and its journal, runs always.

A test marked ``um_banco`` keeps to SQLite: how a value is spelled, a service that misbehaves, what a message says.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

REAL_ORACLE = "PREVENDA_TEST_ORACLE_URL"
# "brasil": the protocol server is a Brazilian instance in WE8MSWIN1252.
ORACLE_NLS = "PREVENDA_TEST_ORACLE_NLS"
SO_UTF8 = pytest.mark.skipif(
    os.environ.get(ORACLE_NLS) == "brasil",
    reason="bytes of UTF-8; those of WE8MSWIN1252 are in tests/oracle/test_nls.py",
)
POSTGRESQL_MISSING = "NO POSTGRESQL: locking and concurrency are NOT tested"
CHROMIUM_MISSING = "NO CHROMIUM: the panel is NOT tested in a browser"
NPM_MISSING = "NO NPM: the document is NOT checked by tools of JavaScript"

# What a database driver may get wrong, and why this file shows it; each statement of the product is sent once anyway,
# by tests/oracle/test_comandos.py.
EM_PARTE = {
    "test_reservar.py": "every column of an order as it is written: numbers, dates, texts, array inserts",
    "test_log.py": "CLOBs in and out, ROWIDs, two transactions for one request",
    "test_recuperacao.py": "what a crash leaves, SKIP LOCKED",
    "test_repeticao.py": "unique keys and stored answers, byte for byte",
    "test_alterar.py": "the longest transaction: cancel, net difference, write again",
    "test_forum_000.py": "the use case as its author told it",
}

# Folders whose tests need the protocol server, also when a real Oracle is under test.
DO_PROTOCOLO = frozenset({"oracle", "oracle_wire"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--oracle", choices=["nada", "parte", "tudo"], default="nada", help="how much runs on the Oracle driver"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--oracle")
    kept, left_out = [], []
    for item in items:
        if "postgresql" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgresql)
        if DO_PROTOCOLO.intersection(item.path.relative_to(config.rootpath).parts):
            item.add_marker(pytest.mark.protocolo)
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        database = parameters.get("engine", "sqlite")
        if item.get_closest_marker("um_banco"):
            runs = database == "sqlite"
        else:
            runs = database != "oracle" or wanted == "tudo" or (wanted == "parte" and item.path.name in EM_PARTE)
        (kept if runs else left_out).append(item)
    if left_out:
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


COMPILERS_MISSING = "NO COMPILER: the programs of the document are NOT compiled"
NGINX_MISSING = "NO NGINX: deploy/proxy/nginx.conf is NOT tried"
OFFICE_MISSING = "NO LIBREOFFICE: the spreadsheets are NOT opened by an office program"
MISSING = (POSTGRESQL_MISSING, CHROMIUM_MISSING, NPM_MISSING, COMPILERS_MISSING, NGINX_MISSING, OFFICE_MISSING)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many tests ran on each database, and loudly when one was missing."""
    ran: Counter[str] = Counter()
    skipped: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.SubtestReport):
                continue
            if getattr(report, "when", None) == "call":
                ran.update({value for name, value in report.user_properties if name == "database"})
            elif getattr(report, "skipped", False):
                reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
                skipped |= {name: reason for name in MISSING if name in reason}
    if ran:
        ran.setdefault("oracle", 0)
        where = "a real Oracle" if os.environ.get(REAL_ORACLE) else "protocol server, not an Oracle"
        terminalreporter.write_line(f"oracle is: {where}")
        terminalreporter.write_line("databases: " + ", ".join(f"{name} {n} tests" for name, n in sorted(ran.items())))
    for name, reason in skipped.items():
        terminalreporter.write_sep("!", name, red=True, bold=True)
        terminalreporter.write_line(reason, red=True)
