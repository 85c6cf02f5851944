"""Settle: record as ended the reservations whose order WinThor has ended and freed (R16, R19)."""

from __future__ import annotations

from app.domain.estoque import Chave
from app.domain.vida import Estado
from app.services.gateway import Gateway, utc
from app.winthor import conciliacao, operacoes, ordens, reservas
from app.winthor.conciliacao import Linha
from app.winthor.db import Connection

LOTE = 500


def assentar(gw: Gateway) -> list[int]:
    """Record as BAIXADA or CANCELADA the reservations whose order WinThor has ended and freed; returns their numbers.

    Only those none of whose stock rows has a wrong counter: the others stay as they are, to explain it. No stock is
    changed.
    """
    feitas: list[int] = []
    ultimo = 0
    while True:
        lote, erradas = _encerradas(gw, ultimo)
        for row in lote:
            if gw.db.run(lambda c, r=row, e=erradas: _assentar_uma(gw, c, r, e)):  # type: ignore[misc]
                feitas.append(row["NUMPED"])
        if len(lote) < LOTE:
            return feitas
        ultimo = lote[-1]["NUMPED"]


def _encerradas(gw: Gateway, depois_de: int) -> tuple[list[Linha], set[Chave]]:
    """A batch of ended orders, then the stock rows whose counter is wrong: what one of them left uncounted is seen."""
    with gw.db.read(in_batches=True) as connection:
        lote = conciliacao.encerradas_no_winthor(connection, depois_de, LOTE)
        if not lote:
            return [], set()
        divergentes = conciliacao.contadores_divergentes(connection, gw.settings.modo_kit, None)
        return lote, {(row["FILIAL"], row["CODPROD"]) for row in divergentes}


def _assentar_uma(gw: Gateway, connection: Connection, row: Linha, erradas: set[Chave]) -> bool:
    if operacoes.lock_ancora_livre(connection, row["CODFILIAL"], row["NUMERO"]) is None:
        return False
    ordem = ordens.lock_ordem(connection, row["NUMPED"], com_linhas=True)
    if ordem is None or ordem.estado not in {Estado.BAIXADA, Estado.CANCELADA}:
        return False
    unidades = ordens.unidades(ordem.vistas, ordem.modo_kit or gw.settings.modo_kit)
    if erradas.intersection(unidades):
        return False
    reservas.mudar(connection, ordem.numped, utc(gw.agora()), ESTADO=ordem.estado.value)
    return True
