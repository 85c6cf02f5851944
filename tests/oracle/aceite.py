"""The acceptance run: the suite on a real Oracle, and a report that a DBA can read.

    PREVENDA_TEST_ORACLE_URL=…        an empty schema of one's own
    PREVENDA_TEST_ORACLE_ADMIN_URL=…  or: a user that may create one, which is dropped at the end

``python -m tests.oracle.aceite [pytest arguments]`` (`make aceite-oracle`). Exit code: 0 all passed, 1 some failed,
2 nothing was run. A schema with PC* or GW_* tables that this suite did not create is refused.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import oracledb
import pytest
import sqlalchemy as sa

from app import __version__
from app.winthor.db.engine import create_engine
from app.winthor.esquema import catalogo
from app.winthor.esquema.schema import SchemaError, is_demo
from tests.support.databases import REAL_ORACLE

ADMIN = "PREVENDA_TEST_ORACLE_ADMIN_URL"
RELATORIO = "aceite-oracle.md"
USUARIO = "PREVENDA_ACEITE"
SUITE = ["--oracle", "tudo", "-m", "oracle", "-q"]
ROOT = Path(__file__).parents[2]


@dataclass
class Resultados:
    """A plugin that keeps what became of each test."""

    por_arquivo: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    falhas: dict[str, str] = field(default_factory=dict)
    pulados: Counter[str] = field(default_factory=Counter)
    segundos: float = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.segundos += report.duration
        if report.when != "call" and not report.failed and not report.skipped:
            return
        if isinstance(report, pytest.SubtestReport):  # its test fails with it, without saying why
            if report.failed:
                self.falhas.setdefault(report.nodeid, _motivo(report))
            return
        arquivo = report.nodeid.split("::")[0]
        self.por_arquivo[arquivo][report.outcome] += 1
        if report.failed:
            self.falhas.setdefault(report.nodeid, _motivo(report))
        elif report.skipped and isinstance(report.longrepr, tuple):
            self.pulados[str(report.longrepr[2])] += 1

    @property
    def totais(self) -> Counter[str]:
        return sum(self.por_arquivo.values(), Counter())


def _motivo(report: pytest.TestReport) -> str:
    mensagem = getattr(getattr(report.longrepr, "reprcrash", None), "message", None) or str(report.longrepr)
    return next((linha for linha in mensagem.splitlines() if linha.strip()), "")[:200]


@contextlib.contextmanager
def esquema_de_rascunho(admin_url: str) -> Iterator[str]:
    """URL of a new user with an empty schema; both are dropped in the end. SchemaError when the user exists already."""
    senha = "A1" + secrets.token_hex(12)
    engine = sa.create_engine(admin_url)
    with engine.connect() as connection:
        existe = sa.text("SELECT COUNT(*) FROM ALL_USERS WHERE USERNAME = :nome")
        if connection.execute(existe, {"nome": USUARIO}).scalar():
            raise SchemaError(f"O usuário {USUARIO} já existe; apague-o antes.")
        connection.exec_driver_sql(f'CREATE USER {USUARIO} IDENTIFIED BY "{senha}"')
        try:
            connection.exec_driver_sql(f"GRANT CREATE SESSION, CREATE TABLE, UNLIMITED TABLESPACE TO {USUARIO}")
            url = sa.make_url(admin_url).set(username=USUARIO, password=senha)
            yield url.render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP USER {USUARIO} CASCADE")
    engine.dispose()


def conferir_esquema(engine: sa.Engine) -> None:
    """Raises SchemaError for a schema that holds PC* or GW_* tables which this suite did not create."""
    alheias = [nome for nome in sa.inspect(engine).get_table_names() if nome.upper().startswith(("PC", "GW_"))]
    if alheias and not is_demo(engine):
        raise SchemaError(f"O esquema tem tabelas que esta suíte não criou ({', '.join(sorted(alheias)[:5])} …).")


def sobre_o_banco(engine: sa.Engine) -> dict[str, str]:
    """What the report says of the database."""
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, oracledb.Connection)
        site = catalogo.ler(connection)
        return {
            "banco": f"Oracle {driver.version}",
            "conjunto de caracteres": f"{site.conjunto}, {site.semantica}",
            "driver": f"oracledb {oracledb.__version__}, modo {'thin' if driver.thin else 'thick'}",
            "gateway": __version__,
        }


def relatorio(sobre: dict[str, str], resultados: Resultados, agora: dt.datetime) -> str:
    """The report in Markdown."""
    totais = resultados.totais
    contagem = ", ".join(
        f"{totais[chave]} {nome}"
        for chave, nome in (("passed", "passaram"), ("failed", "falharam"), ("skipped", "foram pulados"))
    )
    linhas = [
        "# Aceite no Oracle",
        "",
        f"{agora:%d/%m/%Y %H:%M %Z}, {resultados.segundos:.0f} s de testes. **{contagem}.**",
        "",
        *(f"- {nome}: {valor}" for nome, valor in sobre.items()),
        "",
        "| arquivo | passaram | falharam | pulados |",
        "|---|---|---|---|",
        *(
            f"| {arquivo} | {contados['passed']} | {contados['failed']} | {contados['skipped']} |"
            for arquivo, contados in sorted(resultados.por_arquivo.items())
        ),
        "",
    ]
    if resultados.falhas:
        linhas += ["## Falhas", "", *(f"- `{teste}`: {motivo}" for teste, motivo in resultados.falhas.items()), ""]
    if resultados.pulados:
        linhas += ["## Pulados", "", *(f"- {n} × {motivo}" for motivo, n in resultados.pulados.items()), ""]
    linhas += [
        "Mostra: os comandos do gateway, seus travamentos e suas respostas neste banco. Não mostra: gatilhos, pacotes",
        "e concessões do WinThor do cliente (para isso, `prevenda doctor --ensaio`), nem desempenho.",
        "",
    ]
    return "\n".join(linhas)


def aceitar(url: str, argumentos: Sequence[str]) -> int:
    """Run the suite on ``url`` and write the report."""
    engine = create_engine(url)
    try:
        conferir_esquema(engine)
        sobre = sobre_o_banco(engine)
    finally:
        engine.dispose()
    os.environ[REAL_ORACLE] = url
    resultados = Resultados()
    codigo = pytest.main([*SUITE, *argumentos], plugins=[resultados])
    Path(RELATORIO).write_text(relatorio(sobre, resultados, dt.datetime.now().astimezone()), encoding="utf-8")
    print(f"Relatório: {RELATORIO}")
    if codigo not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return 2
    return int(codigo)


def main(argumentos: Sequence[str]) -> int:
    """Exit code of the run."""
    try:
        if admin := os.environ.get(ADMIN):
            with esquema_de_rascunho(admin) as url:
                return aceitar(url, argumentos)
        if url := os.environ.get(REAL_ORACLE):
            return aceitar(url, argumentos)
    except (SchemaError, sa.exc.SQLAlchemyError) as error:
        print(str(error).splitlines()[0], file=sys.stderr)
        return 2
    print(f"Defina {REAL_ORACLE} ou {ADMIN}.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
