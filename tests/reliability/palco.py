"""The scene of a meeting: a reservation of the gateway and an order of WinThor's own on the same stock rows, with the
model of both, on a database that holds nothing else.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.services.tempo import expirar
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.reliability import winthor
from tests.reliability.encontro import AGORA
from tests.reliability.modelo import Modelo
from tests.reliability.modelo_reserva import COMPOSICAO, Linha, Reserva
from tests.reliability.movimentos import Chave
from tests.support.builders import item, kit, pre_venda
from tests.support.gateway import Casa, Relogio

LOJA, OUTRA, PARAFUSO = "1", "2", 1001
# On hand: what reservation and neighbour hold, and what is free besides.
ESTOQUE: Mapping[Chave, int] = {
    (LOJA, PARAFUSO): 4 + 3 + 4,
    (LOJA, 1): 4 + 1 + 2,
    (LOJA, 3): 2 + 1,
    (OUTRA, PARAFUSO): 9,
    (OUTRA, 1): 9,
    (OUTRA, 3): 9,
}
LINHAS = (Linha(LOJA, PARAFUSO, 4, 10), Linha(LOJA, 50, 2, 30, COMPOSICAO))
DO_VIZINHO = (Linha(LOJA, PARAFUSO, 3, 10), Linha(LOJA, 1, 1, 10))
_LIMPAR = "; ".join(
    f"DELETE FROM {tabela}"  # noqa: S608 - constants
    for tabela in (
        *("PCPEDICESTA", "PCPEDI", "PCPEDC", "GW_RESERVA", "GW_OPERACAO", "GW_PRE_VENDA", "PCLOGPEDIDOAPI"),
        "GW_CONFIG WHERE CHAVE = 'VARREDURA'",
    )
)


def _fixar(chave: Chave, **colunas: int) -> str:
    valores = ", ".join(f"{coluna} = {valor}" for coluna, valor in colunas.items())
    return f"UPDATE PCEST SET {valores} WHERE CODFILIAL = '{chave[0]}' AND CODPROD = {chave[1]}"  # noqa: S608


@dataclass
class Cena:
    """A reservation of the gateway (4 units and 2 kits) and an order of WinThor's own (3 units and one of the kit's
    component) on the same stock rows, with the model of both."""

    numero: str
    numped: int
    vizinho: int
    modelo: Modelo

    def corpo(self, situacao: int, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
        corpo = pre_venda(*itens, numero=self.numero, loja=LOJA, idRetaguarda=self.numped, **mais)
        corpo["situacaoPreVenda"] = situacao
        if not itens:
            del corpo["preVendaItens"]
        return corpo


class Palco:
    """One database, a gateway on it, and connections as WinThor has them."""

    def __init__(self, casa: Casa, erp: sa.Engine) -> None:
        self.casa = casa
        self.erp = erp
        self._vez = itertools.count(1)
        self._guardar_vizinho()

    def _guardar_vizinho(self) -> None:
        """WinThor's order, once made, is kept aside as rows to be put back."""
        self._limpar()
        numped = self._reservar("VIZINHO", item("10010-1001", 3), item("100-1", 1))
        dele = f"WHERE NUMPED = {numped}"
        self._sql(
            f"CREATE TABLE VIZINHO_C AS SELECT * FROM PCPEDC {dele};"  # noqa: S608 - a number
            f"CREATE TABLE VIZINHO_I AS SELECT * FROM PCPEDI {dele};"
            "UPDATE VIZINHO_C SET ORIGEMINTEGRACAO = NULL, NUMPEDHUBE = NULL"
        )
        self._numero_do_vizinho = numped

    def _reservar(self, numero: str, *itens: dict[str, Any]) -> int:
        return self.casa.reservar(pre_venda(*itens, numero=numero, loja=LOJA))

    def _sql(self, sql: str) -> None:
        with self.casa.engine.begin() as connection:
            connection.exec_driver_sql(sql)

    def _limpar(self) -> None:
        estoque = [_fixar(chave, QTESTGER=n, QTRESERV=0, QTBLOQUEADA=0) for chave, n in ESTOQUE.items()]
        self._sql("; ".join([_LIMPAR, *estoque]))

    def montar(self) -> Cena:
        """An empty database but for the two orders."""
        self._limpar()
        pedido = "INSERT INTO PCPEDC SELECT * FROM VIZINHO_C; INSERT INTO PCPEDI SELECT * FROM VIZINHO_I"
        self._sql("; ".join([pedido, _fixar((LOJA, PARAFUSO), QTRESERV=3), _fixar((LOJA, 1), QTRESERV=1)]))
        numero = f"PV-{next(self._vez)}"
        numped = self._reservar(numero, item("10010-1001", 4), kit(2))
        modelo = Modelo(
            agora=self.casa.relogio.agora,
            estoque=dict(ESTOQUE),
            contador={(LOJA, PARAFUSO): 7, (LOJA, 1): 5, (LOJA, 3): 2},
            reservas={
                numped: Reserva(LOJA, numero, deepcopy([*LINHAS]), "AUTORIZADA", AGORA + dt.timedelta(days=9), 8),
                self._numero_do_vizinho: Reserva(LOJA, "", deepcopy([*DO_VIZINHO]), "CONFIRMADA", None, 8),
            },
            atual={(LOJA, numero): numped},
            proximo={8: 80_000_000},
        )
        return Cena(numero, numped, self._numero_do_vizinho, modelo)

    def vencer(self, cena: Cena) -> None:
        """The reservation is past due."""
        ontem = self.casa.relogio.agora - dt.timedelta(days=1)
        self._sql(f"UPDATE GW_RESERVA SET DTEXPIRA = '{ontem:%Y-%m-%d %H:%M}'")  # noqa: S608 - a date
        cena.modelo.reservas[cena.numped].expira = ontem

    def expirar(self, cena: Cena) -> None:
        """The reservation has expired."""
        self.vencer(cena)
        assert expirar.expirar(self.casa.gw).expiradas == [cena.numped]
        assert cena.modelo.expirar(cena.numped)

    def deixar_retida(self, cena: Cena) -> None:
        """WinThor cancelled the order and forgot the counters."""
        self._sql(
            f"UPDATE PCPEDC SET POSICAO = 'C', DTCANCEL = '{AGORA:%Y-%m-%d}' WHERE NUMPED = {cena.numped};"  # noqa: S608
            f"UPDATE PCPEDI SET POSICAO = 'C' WHERE NUMPED = {cena.numped}"
        )
        cena.modelo.reservas[cena.numped].posicao = "C"

    def estado(self) -> dict[str, Any]:
        """What the tables say of the scene: on hand and reserved of each row, positions, states."""
        sql = {
            "saldos": "SELECT CODFILIAL, CODPROD::int, QTESTGER::int, GREATEST(QTRESERV, 0)::int FROM PCEST"
            " WHERE CODFILIAL IN ('1', '2') AND CODPROD IN (1, 3, 1001) ORDER BY 1, 2",
            "pedidos": "SELECT POSICAO, COUNT(*) FROM PCPEDC GROUP BY POSICAO ORDER BY 1",
            "reservas": "SELECT ESTADO, COUNT(*) FROM GW_RESERVA GROUP BY ESTADO ORDER BY 1",
        }
        with self.casa.engine.connect() as connection:
            return {nome: [tuple(row) for row in connection.exec_driver_sql(query)] for nome, query in sql.items()}


def estado_previsto(cena: Cena, modelo: Modelo) -> dict[str, Any]:
    """The same of the model; the ends that WinThor brought about may or may not be recorded yet."""

    def contar(nomes: list[str]) -> list[tuple[str, int]]:
        return sorted((nome, nomes.count(nome)) for nome in set(nomes))

    nossas = [r for numped, r in modelo.reservas.items() if numped != cena.vizinho]
    return {
        "saldos": [(*c, modelo.estoque[c], modelo.reservado(c)) for c in sorted(ESTOQUE)],
        "pedidos": contar([r.posicao for r in modelo.reservas.values()]),
        "reservas": contar([r.estado for r in nossas]),
        "assentadas": contar([r.efetivo if r.efetivo in {"BAIXADA", "CANCELADA"} else r.estado for r in nossas]),
    }


@contextlib.contextmanager
def abrir_palco(postgresql_server: Any) -> Iterator[Palco]:
    """A new database with a gateway on it, and WinThor beside."""
    with postgresql_server.database("modelo") as url, winthor.banco_do_erp(url) as erp:
        engine = create_engine(url)
        settings = Settings(database_url=url, pool=4, cache_segundos=600, espera_lock=3)
        casa = Casa(engine, settings, Relogio(AGORA))
        try:
            yield Palco(casa, erp)
        finally:
            casa.close()
            engine.dispose()
