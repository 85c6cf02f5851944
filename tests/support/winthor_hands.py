"""What people in WinThor do to an order of the gateway's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.tables import winthor
from tests.support.builders import pre_venda
from tests.support.gateway import Casa

BLOQUEAR = "UPDATE PCPEDC SET POSICAO = 'B' WHERE NUMPED = :n"
ASSUMIR = "UPDATE PCPEDC SET CODCOB = 'D' WHERE NUMPED = :n"
DO_WINTHOR = {"BLOQUEADA": BLOQUEAR, "ASSUMIDA": ASSUMIR}


def levar(casa: Casa, estado: str, numero: str = "PV-1") -> int:
    """Reserve two of product 1, then let WinThor bring the order into the state."""
    numped = casa.reservar(pre_venda(numero=numero))
    casa.executar(DO_WINTHOR[estado], n=numped)
    if estado == "BLOQUEADA":  # WinThor takes what it holds back out of the reserved units
        casa.executar("UPDATE PCEST SET QTRESERV = QTRESERV - 2 WHERE CODFILIAL = '1' AND CODPROD = 1")
    casa.relogio.andar(seconds=1)
    return numped


def mudar(casa: Casa, nome: str, onde: Mapping[str, Any], **valores: Any) -> None:
    """Change columns of a table, exact decimals on every database."""
    table = winthor.tables[nome]
    condicoes = [table.c[coluna].in_(valor if isinstance(valor, list) else [valor]) for coluna, valor in onde.items()]
    with casa.engine.begin() as connection:
        connection.execute(sa.update(table).where(*condicoes).values(**valores))
