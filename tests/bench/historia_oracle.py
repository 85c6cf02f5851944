"""No request and no five-minute job costs more for the ERP's past: ten thousand orders against a million, through
Oracle's own driver on the protocol server of the tests.

    python -m tests.bench.historia_oracle [--pedidos 1000000] [--linhas 10] [--vezes 15]

Two histories with the same present: as many orders alive, as many in the last 30 days, as many to settle. The past is
five years of orders of the demo's sixty products; one order in five was born here, and has its pre-sale, its operation,
its log row and its event. Each question is asked of the one and of the other in turn. Prints the medians, their ratio
and how many statements; ends with 1 when a ratio is above 1.5. What stores is PostgreSQL: the figures are of
statements, keys and indexes, never of Oracle's speed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app import CHAVE_JWT_DA_DEMO, create_app
from app.demonstracao.linhas import demo_rows
from app.services.gateway import Gateway
from app.services.operacao.andamento import Seguir
from app.services.tempo import anonimizar, rotinas
from app.settings import Settings
from app.winthor.db.engine import create_engine
from app.winthor.db.prazos import Finalidade, para
from app.winthor.esquema.schema import create_demo
from tests.bench.banco import CHAVE
from tests.bench.historia import PEDIDO, Forma, encher
from tests.oracle_wire.server import OracleWireServer
from tests.reliability.prova.banco import PostgreSQL
from tests.support.gateway import LOGIN, ROTA

LIMITE = 1.5
# A ratio of less than so many milliseconds is the machine's.
RUIDO_MS = 3.0
PEQUENA = 10_000
PRODUTO, PRODUTOS = 1001, 60

# What the gateway itself remembers of the orders that were born here.
_MEMORIA = (
    """
    INSERT INTO GW_PRE_VENDA (CODFILIAL, NUMERO, NUMPED, DTCRIACAO)
    SELECT CODFILIAL, NUMERO, NUMPED, DTCRIACAO FROM GW_RESERVA WHERE NUMPED > {pedido}
    """,
    """
    INSERT INTO GW_OPERACAO (ID, CODFILIAL, NUMERO, SITUACAO, FINGERPRINT, CALLER, OPERACAO, ESTADO, HTTPSTATUS,
                             RESPOSTA, NUMPED, DTINICIO, DTLIMITE, DTFIM, TEMPOS, EFEITO)
    SELECT lpad(to_hex(CAST(extract(epoch FROM DTCRIACAO) * 1000 AS bigint)), 12, '0')
           || lpad(to_hex(CAST(NUMPED AS bigint)), 20, '0'),
           CODFILIAL, NUMERO, 2, md5(NUMERO) || md5(NUMERO), 'hub', 'I', 'A', 201, '{{"success": true}}', NUMPED,
           DTCRIACAO, DTCRIACAO + interval '15 s', DTCRIACAO + interval '20 ms', '{{"locks": 1}}', 'RESERVAR'
    FROM GW_RESERVA WHERE NUMPED > {pedido}
    """,
    """
    INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, POSICAO, OPERACAO, STATUS, JSON, CODCLI)
    SELECT DTCRIACAO, NUMPED, 'L', 'I', 'A', '{{"numero": "' || NUMERO || '"}}', 1
    FROM GW_RESERVA WHERE NUMPED > {pedido}
    """,
    """
    INSERT INTO GW_EVENTO (ID, SEQ, TIPO, DTEVENTO, CODFILIAL, NUMERO, ORDEM, NUMPED, ESTADO, POSICAO)
    SELECT lpad(to_hex(CAST(NUMPED AS bigint)), 32, 'e'), row_number() OVER (ORDER BY NUMPED), 'reserva.criada',
           DTCRIACAO, CODFILIAL, NUMERO, 1, NUMPED, 'AUTORIZADA', 'L'
    FROM GW_RESERVA WHERE NUMPED > {pedido}
    """,
)


@dataclass
class Lado:
    """One history, the gateway on it, and what was measured of it."""

    total: int
    gw: Gateway
    cliente: Any
    tokens: dict[str, str]
    numped: int = 0
    ms: dict[str, list[float]] = field(default_factory=dict)
    comandos: dict[str, int] = field(default_factory=dict)

    def pedir(self, method: str, path: str, login: str, corpo: Any = None, mais: int = 200) -> Any:
        """The answer; raises RuntimeError of an error that is not the status ``mais``."""
        answer = self.cliente.open(
            path, method=method, json=corpo, headers={"Authorization": f"Bearer {self.tokens[login]}"}
        )
        if answer.status_code >= 400 and answer.status_code != mais:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:300]}")
        return answer


@contextlib.contextmanager
def lado(postgresql: PostgreSQL, total: int, linhas: int) -> Iterator[Lado]:
    """A schema of that PostgreSQL with the demo and its history, and a gateway that reaches it by Oracle's protocol."""
    schema = f"de_{total}"
    with OracleWireServer(postgresql.url, schema=schema) as server:
        engine = create_engine(server.url)
        create_demo(engine, demo_rows(dt.datetime.now(dt.UTC)), {CHAVE_JWT_DA_DEMO: CHAVE})
        engine.dispose()
        direto = sa.create_engine(postgresql.url, connect_args={"options": f"-c search_path={schema},public"})
        forma = Forma(linhas, PRODUTO, PRODUTOS, da_demo=True, vivos=50, recentes=1_000, por_assentar=5)
        inicio = time.perf_counter()
        encher(direto, total, forma)
        with direto.begin() as connection:
            for comando in _MEMORIA:
                connection.execute(sa.text(comando.format(pedido=PEDIDO)))
        with direto.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
        direto.dispose()
        sys.stderr.write(f"{total} orders filled in {time.perf_counter() - inicio:.0f} s\n")
        settings = Settings(database_url=server.url, jwt_chave=CHAVE, cache_segundos=600, varredura=0)
        app = create_app(settings)
        cliente = app.test_client()
        tokens = {
            login: cliente.post(LOGIN, json={"login": login, "senha": "demo"}).get_json()["accessToken"]
            for login in ("hub", "retaguarda")
        }
        gw: Gateway = app.extensions["prevenda"]
        yield Lado(total, gw, cliente, tokens)
        gw.db.engine.dispose()
    if server.breakdowns:
        raise RuntimeError(server.breakdowns[0])


def _pre_venda(numero: str, quantidade: int = 1, **mais: Any) -> dict[str, Any]:
    itens = [
        {"idProdutoRetaguarda": f"{codprod * 10}-{codprod}", "quantidade": quantidade, "preco": 10}
        for codprod in (1001, 1002, 1003)
    ]
    corpo = {"situacaoPreVenda": 2, "numero": numero, "idLojaRetaguarda": "1", "preVendaItens": itens}
    return {**corpo, **mais}


def perguntas(vez: int) -> Iterator[tuple[str, Callable[[Lado], object]]]:
    """What a till, the back office and the clock ask; those of a till make up the life of one pre-sale."""
    numero = f"B-{vez}"

    def vender(corpo: Callable[[Lado], dict[str, Any]]) -> Callable[[Lado], object]:
        def fazer(onde: Lado) -> None:
            onde.numped = onde.pedir("POST", ROTA, "hub", corpo(onde)).get_json()["idPedidoRetaguarda"]

        return fazer

    def ler(path: Callable[[Lado], str] | str, login: str = "retaguarda") -> Callable[[Lado], object]:
        return lambda onde: onde.pedir("GET", path if isinstance(path, str) else path(onde), login)

    yield "reserve", vender(lambda _: _pre_venda(numero))
    yield "repeat of it", vender(lambda _: _pre_venda(numero))
    yield "refusal for want of stock", _recusada(numero)
    yield "alter", vender(lambda onde: _pre_venda(numero, 2, idRetaguarda=onde.numped))
    yield "consulta by idRetaguarda", ler(lambda onde: f"{ROTA}/consulta?idRetaguarda={onde.numped}", "hub")
    yield "consulta by numero", ler(f"{ROTA}/consulta?numero={numero}&idLojaRetaguarda=1", "hub")
    yield "consulta, unknown numero", _desconhecida
    yield "pay", vender(lambda onde: _sobre(onde, numero, 1))
    yield "cancel", vender(lambda onde: _sobre(onde, numero, 0))
    yield "stock of a product", ler("/api/stock-vtex/v1/available/pdv-sync?productId=10010-1001&branchId=1", "hub")
    yield "events, from a cursor", ler("/api/v1/eventos?limite=50", "hub")
    yield "log, first page", ler("/api/v1/log?limite=50")
    yield "log, refused of a branch", ler("/api/v1/log?limite=50&status=R&filial=1")
    yield "log, by product", ler("/api/v1/log?limite=50&codprod=1001")
    yield "log, a numero that is not there", ler("/api/v1/log?limite=50&numero=NAO-HA")
    yield "reservations, first page", ler("/api/v1/reservas?limite=50")
    yield "reservations, by product", ler("/api/v1/reservas?limite=50&codprod=1001")
    yield "a product explained", ler("/api/v1/estoque/1/1001")
    yield "movements of a product", ler("/api/v1/estoque/1/1001/movimentos?limite=50")
    yield "the flow of 30 days", ler("/api/v1/fluxo?dias=30")
    yield "indicators", ler("/api/v1/indicadores")
    yield "ready", lambda onde: onde.cliente.get("/health/ready")
    for nome, rotina in rotinas.ROTINAS:
        yield f"job {nome}", _rotina(rotina)
    yield "job of the night: anonymise", lambda onde: anonimizar.anonimizar(onde.gw, simular=True)


def _desconhecida(onde: Lado) -> None:
    onde.pedir("GET", f"{ROTA}/consulta?numero=NAO-HA&idLojaRetaguarda=1", "hub", mais=404)


def _recusada(numero: str) -> Callable[[Lado], object]:
    def fazer(onde: Lado) -> None:
        answer = onde.pedir("POST", ROTA, "hub", _pre_venda(f"{numero}-X", 9_000_000), mais=409)
        if answer.get_json()["codigo"] != "ESTOQUE_INSUFICIENTE":
            raise RuntimeError(answer.get_data(as_text=True)[:300])

    return fazer


def _sobre(onde: Lado, numero: str, situacao: int) -> dict[str, Any]:
    return {"situacaoPreVenda": situacao, "numero": numero, "idLojaRetaguarda": "1", "idRetaguarda": onde.numped}


def _rotina(rotina: Callable[[Gateway, Seguir], int]) -> Callable[[Lado], object]:
    def fazer(onde: Lado) -> None:
        with para(Finalidade.TAREFA):
            rotina(onde.gw, lambda: True)

    return fazer


def medir(lados: list[Lado], vezes: int) -> None:
    """Ask each question of each history in turn, ``vezes`` times, after once to warm what is remembered."""
    for vez in range(vezes + 1):
        for nome, fazer in perguntas(vez):
            for onde in lados if vez % 2 else lados[::-1]:
                with _contados(onde.gw.db.engine) as comandos:
                    inicio = time.perf_counter()
                    fazer(onde)
                    ms = (time.perf_counter() - inicio) * 1000
                if vez:
                    onde.ms.setdefault(nome, []).append(ms)
                    onde.comandos[nome] = len(comandos)


@contextlib.contextmanager
def _contados(engine: sa.Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def tabela(pequeno: Lado, grande: Lado) -> tuple[str, list[str]]:
    """The measures as Markdown, and the questions that cost more for the past."""
    linhas = [
        f"| question | {pequeno.total} orders | {grande.total} orders | ratio | statements |",
        "|---|---|---|---|---|",
    ]
    caros = []
    for nome in pequeno.ms:
        a, b = statistics.median(pequeno.ms[nome]), statistics.median(grande.ms[nome])
        if b > a * LIMITE and b - a > RUIDO_MS:
            caros.append(nome)
        quantos = "/".join(map(str, dict.fromkeys((pequeno.comandos[nome], grande.comandos[nome]))))
        linhas.append(f"| {nome} | {a:.1f} ms | {b:.1f} ms | {b / a:.2f} | {quantos} |")
    return "\n".join(linhas) + "\n", caros


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pedidos", type=int, default=1_000_000)
    parser.add_argument("--linhas", type=int, default=10)
    parser.add_argument("--vezes", type=int, default=15)
    args = parser.parse_args()
    postgresql = PostgreSQL()
    try:
        with lado(postgresql, PEQUENA, args.linhas) as pequeno, lado(postgresql, args.pedidos, args.linhas) as grande:
            medir([pequeno, grande], args.vezes)
            escrita, caros = tabela(pequeno, grande)
    finally:
        postgresql.fechar()
    sys.stdout.write(escrita)
    for nome in caros:
        sys.stdout.write(f"costs more than {LIMITE} times for the past: {nome}\n")
    return 1 if caros else 0


if __name__ == "__main__":
    sys.exit(main())
