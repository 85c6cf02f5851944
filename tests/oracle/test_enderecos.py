"""Addresses of before a move, on Oracle: ORA-01410 means that the row is gone, and stops nobody (R15)."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from app.services.operacao import recuperacao
from app.services.tempo.anonimizar import anonimizar
from tests.integration.test_recuperacao import cair
from tests.support.builders import cliente_completo, pre_venda
from tests.support.gateway import Casa

DE_OUTRO_SEGMENTO = "AAAZ9zAAEAAAAAAAAA"


def test_a_table_that_was_moved(abrir: Callable[..., Casa], engine: sa.Engine) -> None:
    casa = abrir(log_json="claro")
    numped = casa.reservar(pre_venda(cliente=cliente_completo(), numero="PV-0"))
    pendente = cair(casa)
    casa.executar(f"UPDATE GW_OPERACAO SET LOGROWID = '{DE_OUTRO_SEGMENTO}'")  # noqa: S608
    casa.relogio.andar(seconds=20)

    assert [o.id for o in recuperacao.recuperar(casa.gw)] == [pendente]
    feita = next(row["ID"] for row in casa.tabela("GW_OPERACAO") if row["NUMPED"] == numped)
    answer = casa.pedir("GET", f"/api/v1/log/{feita}", "retaguarda")
    assert (answer.status_code, answer.get_json()["log"]) == (200, None)
    casa.relogio.andar(days=100)
    assert anonimizar(casa.gw) == 0
