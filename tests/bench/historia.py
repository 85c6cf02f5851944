"""What the ERP's history costs: the reconciliation, settling, holders, the flow and the log on a generated past.

    python -m tests.bench.historia [--pedidos 1000000] [--sqlite FILE] [--publicar]

Ten lines an order, five years, three branches, five thousand products; one order in five was born here. The newest five
in a thousand are alive; twenty counters hold too much. Prints for each question how long it takes, its statements, the
most memory Python held, and how the database reaches the large tables; with ``--publicar`` writes that into
docs/velocidade.md.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import re
import sys
import textwrap
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app import build_gateway
from app.services.acesso.credenciais import RETAGUARDA, Caller
from app.services.conciliacao.conciliar import conciliar, conciliar_pedido
from app.services.consulta import fluxo, operacoes, reservas
from app.services.consulta.operacoes import FiltroDoLog
from app.services.gateway import Gateway
from app.services.tempo import encerrar
from app.settings import Settings
from tests.bench.banco import CHAVE, postgresql, texto

PAGINA = Path(__file__).parents[2] / "docs" / "velocidade.md"
CLERK = Caller("bench", None, frozenset({RETAGUARDA}))
LINHAS = 10
PRODUTO, PRODUTOS = 100_000, 5_000
PEDIDO = 10_000_000
DIAS = 5 * 365
VIVOS = 0.995  # of the orders by number, those after it are alive
ERRADOS = 20


@dataclass(frozen=True, slots=True)
class Forma:
    """How a past of so many orders is made: ``linhas`` an order, of ``produtos`` products from ``produto`` on, which
    the demo has not unless ``da_demo``. ``vivos``: alive; ``recentes``: of the last 30 days; ``por_assentar``: ended,
    and not recorded yet. Without these the present grows with the past."""

    linhas: int = LINHAS
    produto: int = PRODUTO
    produtos: int = PRODUTOS
    da_demo: bool = False
    vivos: int | None = None
    recentes: int | None = None
    por_assentar: int | None = None


# n: 1 to :total. Dates by the dialect; the newest order is of today.
_NUMEROS = {
    "postgresql": "SELECT n FROM generate_series(CAST(:de AS int), CAST(:ate AS int)) AS s(n)",
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :de UNION ALL SELECT n + 1 FROM s WHERE n < :ate) SELECT n FROM s",
}
# How many days ago: the recent ones in 30 days, those before them in the rest of the five years.
_HA = (
    "CASE WHEN n > :total - :recentes THEN (:total - n) * 30 / :recentes"
    " ELSE 30 + (:total - :recentes - n) * {mais} / (:total - :recentes) END"
)
_DIA = {
    "postgresql": f"CAST(:hoje AS timestamp) - make_interval(days => CAST({_HA} AS int))",
    "sqlite": f"strftime('%Y-%m-%d 00:00:00.000000', :hoje, '-' || CAST({_HA} AS int) || ' days')",
}
_CABECALHOS = """
INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL, POSICAO, CONDVENDA, VLTOTAL, NUMCAR,
                    PERMITEFATURARCOMWMSPEND, NUMTRANSVENDA, DTFAT, DTINICIALSEP, DTFINALSEP, ORIGEMPED,
                    ORIGEMINTEGRACAO, NUMPEDHUBE)
SELECT {pedido} + n, {dia}, 1, 1, CASE n % 3 WHEN 0 THEN '1' WHEN 1 THEN '2' ELSE '10' END,
       CASE WHEN n > :vivos THEN CASE n % 5 WHEN 0 THEN 'M' ELSE 'L' END WHEN n % 100 = 0 THEN 'C' ELSE 'F' END,
       1, 100, 0, 'N', CASE WHEN n > :vivos OR n % 100 = 0 THEN NULL ELSE n END,
       CASE WHEN n > :vivos OR n % 100 = 0 THEN NULL ELSE {dia} END, CASE n % 2 WHEN 0 THEN {dia} END,
       CASE WHEN n % 2 = 0 AND n <= :vivos THEN {dia} END, 'T', CASE n % 5 WHEN 1 THEN 'PDVSYNC' END,
       CASE n % 5 WHEN 1 THEN 'H-' || n END
FROM ({numeros}) AS numeros
"""
_ITENS = """
INSERT INTO PCPEDI (NUMPED, CODPROD, NUMSEQ, QT, PVENDA, POSICAO)
SELECT {pedido} + n, {produto} + (n * 7 + {seq} * {passo}) % {produtos}, {seq}, 1, 10, 'L' FROM ({numeros}) AS numeros
"""
_RESERVAS = """
INSERT INTO GW_RESERVA (NUMPED, CODFILIAL, NUMERO, ESTADO, MODO_KIT, CALLER, DTCRIACAO, DTALTERACAO)
SELECT NUMPED, CODFILIAL, NUMPEDHUBE,
       CASE WHEN POSICAO IN ('L', 'M') OR NUMPED > {abertas} THEN 'CONFIRMADA' WHEN POSICAO = 'C' THEN 'CANCELADA'
            ELSE 'BAIXADA' END, 'components', 'hub', DATA, DATA
FROM PCPEDC WHERE ORIGEMINTEGRACAO = 'PDVSYNC' AND NUMPED > {pedido} AND NUMPED <= {pedido} + :total
"""
_ESTOQUE = """
INSERT INTO PCEST (CODFILIAL, CODPROD, QTESTGER, QTRESERV, CUSTOREAL)
SELECT f.CODIGO, {produto} + n - 1, 1000000, 0, 6 FROM ({numeros}) AS numeros CROSS JOIN PCFILIAL f
WHERE f.CODIGO <> '99'
"""
_CONTADORES = """
UPDATE PCEST SET QTRESERV = COALESCE((
    SELECT SUM(i.QT) FROM PCPEDC c JOIN PCPEDI i ON i.NUMPED = c.NUMPED
    WHERE c.POSICAO IN ('L', 'M') AND c.CODFILIAL = PCEST.CODFILIAL AND i.CODPROD = PCEST.CODPROD), 0)
WHERE CODPROD >= {produto}
"""
_ERRADOS = "UPDATE PCEST SET QTRESERV = QTRESERV + 1 WHERE CODFILIAL = '1' AND CODPROD >= {produto} AND CODPROD < {ate}"
PARTE = 100_000


def encher(engine: sa.Engine, total: int, forma: Forma = Forma()) -> None:
    """The history of ``total`` orders, in parts, and the statistics of the database."""
    dialeto = engine.dialect.name
    hoje = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
    vivos = forma.vivos or total - int(total * VIVOS)
    comum = {
        "pedido": PEDIDO,
        "produto": forma.produto,
        "produtos": forma.produtos,
        "passo": 501 if forma.produtos > 501 else 1,
        "numeros": _NUMEROS[dialeto],
    }
    dia = _DIA[dialeto].format(mais=DIAS - 30)
    recentes = forma.recentes or max(total * 30 // DIAS, 1)
    valores: dict[str, Any] = {"total": total, "vivos": total - vivos, "hoje": hoje, "recentes": recentes}
    with engine.begin() as connection:
        if forma.da_demo:
            connection.execute(sa.text("UPDATE PCEST SET QTESTGER = 1000000, QTBLOQUEADA = 0 WHERE CODPROD >= 1001"))
        else:
            connection.execute(sa.text(_ESTOQUE.format(**comum)), {"de": 1, "ate": forma.produtos})
    for de in range(1, total + 1, PARTE):
        parte = {"de": de, "ate": min(de + PARTE - 1, total)}
        with engine.begin() as connection:
            connection.execute(sa.text(_CABECALHOS.format(dia=dia, **comum)), {**valores, **parte})
            for seq in range(1, forma.linhas + 1):
                connection.execute(sa.text(_ITENS.format(seq=seq, **comum)), parte)
    abertas = PEDIDO + total - vivos - (forma.por_assentar or max(total // 5000, 5))
    with engine.begin() as connection:
        connection.execute(sa.text(_RESERVAS.format(abertas=abertas, **comum)), {"total": total})
        connection.execute(sa.text(_CONTADORES.format(**comum)))
        connection.execute(sa.text(_ERRADOS.format(ate=forma.produto + ERRADOS, **comum)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


@dataclass(frozen=True, slots=True)
class Medida:
    """One question: the time of its fastest run in ms, its statements, the most Python held in KiB, what it found, and
    how the database reaches each table in it."""

    pergunta: str
    ms: float
    comandos: int
    kib: int
    achou: int
    acessos: tuple[str, ...]


def perguntas(gw: Gateway, total: int) -> dict[str, Callable[[], int]]:
    """What is asked, each giving how much it found."""
    encerrado = PEDIDO + int(total * VIVOS) - 4
    return {
        "reconciliation, whole": lambda: len(conciliar(gw).diferencas),
        "settling of ended orders": lambda: len(encerrar.assentar(gw, seguir=lambda: False)),
        "holders of a product": lambda: len(_explicar(gw)),
        "the correction of one order": lambda: len(conciliar_pedido(gw, encerrado, {PRODUTO + 7})),
        "the flow of 30 days": lambda: sum(c.pedidos for c in fluxo.medir(gw, CLERK).caminhos),
        "the log by product": lambda: len(
            operacoes.listar_log(gw, FiltroDoLog(filiais=None, codprod=PRODUTO + 1, limite=50)).itens
        ),
    }


def _explicar(gw: Gateway) -> Any:
    explicado = reservas.explicar_estoque(gw, CLERK, "1", PRODUTO + 1)
    return () if explicado is None else explicado.detentores


def medir(gw: Gateway, total: int, vezes: int = 3) -> Iterator[Medida]:
    """Ask each question ``vezes`` times, once more for the memory, and once more for the plans."""
    for nome, fazer in perguntas(gw, total).items():
        with _comandos(gw.db.engine) as comandos:
            achou = fazer()
        tempos = [_ms(fazer) for _ in range(vezes)]
        acessos = tuple(sorted({acesso for c, p in comandos for acesso in _acessos(gw.db.engine, c, p)}))
        yield Medida(nome, min(tempos), len(comandos), _pico(fazer) // 1024, achou, acessos)


def _ms(fazer: Callable[[], object]) -> float:
    antes = time.perf_counter()
    fazer()
    return (time.perf_counter() - antes) * 1000


def _pico(fazer: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        fazer()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@contextlib.contextmanager
def _comandos(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


# The tables that grow with the history.
GRANDES = ("pcpedc", "pcpedi", "gw_reserva")
_NO_PG = re.compile(r"(Seq Scan|Index Scan|Index Only Scan)(?: using (\w+))? on (\w+)")
_NO_SQLITE = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


def _acessos(engine: sa.Engine, comando: str, parametros: Any) -> Iterator[str]:
    """How the plan of a statement reaches the large tables."""
    if not comando.lstrip().upper().startswith(("SELECT", "WITH")):
        return
    no_pg = engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        como = "EXPLAIN " if no_pg else "EXPLAIN QUERY PLAN "
        linhas = [str(row[-1]) for row in connection.exec_driver_sql(como + comando, parametros)]
    for linha in linhas:
        achado = (_NO_PG if no_pg else _NO_SQLITE).search(linha)
        if achado is None:
            continue
        como, nome, indice = (achado[1], achado[3], achado[2]) if no_pg else (achado[1], achado[2], achado[3])
        if nome.lower().startswith(GRANDES):
            yield f"{nome.lower()} {como.lower()}{f' {indice.lower()}' if indice else ''}"


def tabela(banco: str, total: int, medidas: list[Medida]) -> str:
    """The measures as they stand in docs/velocidade.md."""
    linhas = [
        f"{banco}: {total} orders, {total * LINHAS} lines.",
        "",
        "| question | time | statements | memory | found |",
        "|---|---|---|---|---|",
        *(f"| {m.pergunta} | {m.ms:.0f} ms | {m.comandos} | {m.kib} KiB | {m.achou} |" for m in medidas),
        "",
        "How the tables are reached:",
        "",
        *(_dobrar(f"- {m.pergunta}: {'; '.join(m.acessos)}") for m in medidas),
        "",
    ]
    return "\n".join(linhas)


def _dobrar(linha: str) -> str:
    return textwrap.fill(linha, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def gateway_em(url: str) -> Gateway:
    return build_gateway(Settings(database_url=url, jwt_chave=CHAVE, cache_segundos=600, varredura=0))


def main() -> None:
    """Fill, measure, print, and publish if asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pedidos", type=int, default=1_000_000)
    parser.add_argument("--sqlite", help="a demo database to fill, instead of a PostgreSQL of its own")
    parser.add_argument("--publicar", action="store_true")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{args.sqlite}" if args.sqlite else texto(stack.enter_context(postgresql()))
        engine = sa.create_engine(url)  # without the limits of a gateway
        antes = time.perf_counter()
        encher(engine, args.pedidos)
        sys.stderr.write(f"filled in {time.perf_counter() - antes:.0f} s\n")
        gw = gateway_em(url)
        escrita = tabela("SQLite" if args.sqlite else "PostgreSQL", args.pedidos, list(medir(gw, args.pedidos)))
        gw.db.engine.dispose()
        engine.dispose()
    sys.stdout.write(escrita)
    if args.publicar:
        publicar("sqlite" if args.sqlite else "postgresql", escrita)


def publicar(banco: str, escrita: str) -> None:
    """Put the measures between their marks."""
    marca, fim = f"<!-- historia {banco} -->", f"<!-- /historia {banco} -->"
    pagina = PAGINA.read_text("utf-8")
    antes, _, resto = pagina.partition(marca)
    PAGINA.write_text(f"{antes}{marca}\n{escrita}{fim}{resto.partition(fim)[2]}", "utf-8")


if __name__ == "__main__":
    main()
