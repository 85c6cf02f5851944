"""Each state's list holds what a recount finds, in every order, however few the rows that are looked at first."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from app.domain.vida import Estado, NoWinThor, estado_efetivo
from app.winthor.consultas import lista_de_reservas
from app.winthor.consultas.lista_de_reservas import FiltroDaLista, OrdemDaLista
from app.winthor.esquema.gateway_tables import GW_ENTREGA, GW_RESERVA
from app.winthor.esquema.tables import PCPEDC
from tests.support.gateway import Casa

NASCEU = dt.datetime(2026, 3, 1, 12)  # noqa: DTZ001 - as GW_ tables keep it
POSICOES = ("L", "M", "B", "P", "A", "D", "Z", "l", "F", "C", None)
REGISTRADOS = (Estado.AUTORIZADA, Estado.CONFIRMADA, Estado.RESGATADA, Estado.BAIXADA, Estado.CANCELADA)


def povoar(casa: Casa) -> dict[int, Estado]:
    """Two of each recorded state in each position, with a CODCOB or without, and two sales by their delivery; the
    state that counts, by number."""
    reservas, pedidos, estados = [], [], {}
    for n in range(2 * 2 * len(POSICOES) * len(REGISTRADOS)):
        numped = 7_000_000 + n
        posicao = POSICOES[n % len(POSICOES)]
        registrado = REGISTRADOS[n // len(POSICOES) % len(REGISTRADOS)]
        codcob = "D" if n // (len(POSICOES) * len(REGISTRADOS)) % 2 else None
        pedidos.append(_pedido(numped, posicao, CODCOB=codcob))
        reservas.append(_reserva(numped, n, registrado))
        estados[numped] = estado_efetivo(registrado, NoWinThor(posicao, codcob=codcob))
    entregas = []
    for n, posicao in enumerate(("B", "L")):
        venda, entrega = 7_900_000 + n, 7_910_000 + n
        pedidos += [_pedido(venda, "L", CONDVENDA=7), _pedido(entrega, posicao, CONDVENDA=8)]
        reservas.append(_reserva(venda, n, Estado.CONFIRMADA))
        entregas.append({"NUMPED_TV8": entrega, "NUMPED_TV7": venda, "TIPOENTREGA": "EN"})
        estados[venda] = estado_efetivo(Estado.CONFIRMADA, NoWinThor("L"), [NoWinThor(posicao)])
    with casa.engine.begin() as connection:
        connection.execute(sa.insert(PCPEDC), pedidos)
        connection.execute(sa.insert(GW_RESERVA), reservas)
        connection.execute(sa.insert(GW_ENTREGA), entregas)
    return estados


def _pedido(numped: int, posicao: str | None, **mais: object) -> dict[str, object]:
    base = {"NUMPED": numped, "DATA": NASCEU, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": "1", "CONDVENDA": 1}
    return base | {"POSICAO": posicao, "CODCOB": None} | mais


def _reserva(numped: int, n: int, estado: Estado) -> dict[str, object]:
    quando = NASCEU + dt.timedelta(minutes=n * 7 % 100)
    nascida = {"DTCRIACAO": quando, "DTALTERACAO": quando, "DTEXPIRA": quando + dt.timedelta(days=5)}
    return {
        "NUMPED": numped, "CODFILIAL": "1", "NUMERO": f"N-{numped}", "ESTADO": estado.value, "MODO_KIT": "components",
        **nascida,
    }  # fmt: skip


@pytest.mark.parametrize("ordem", list(OrdemDaLista))
def test_each_state_is_listed_as_it_is_counted(casa: Casa, ordem: OrdemDaLista) -> None:
    esperados = povoar(casa)
    assert {Estado.BLOQUEADA, Estado.ASSUMIDA, Estado.RECONHECIDA, Estado.BAIXADA} <= set(esperados.values())
    with casa.gw.db.read() as connection:
        for estado in Estado:
            listados = set()
            for pular in range(0, 300, 7):
                filtro = FiltroDaLista(None, {estado}, ordem=ordem, pular=pular, limite=7)
                lidas = lista_de_reservas.find_all(connection, filtro)
                assert {lida.estado for lida in lidas} <= {estado}
                listados |= {lida.numped for lida in lidas}
                if len(lidas) < 7:
                    break
            certos = {numped for numped, contado in esperados.items() if contado is estado}
            if ordem is OrdemDaLista.PRAZO:  # those that time ends
                com_prazo = {r["NUMPED"] for r in casa.tabela("GW_RESERVA") if r["ESTADO"] == "AUTORIZADA"}
                certos &= com_prazo
            assert listados == certos, estado
