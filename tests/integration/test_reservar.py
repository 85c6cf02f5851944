"""A pre-sale reserves stock (R1–R5, R9)."""

from __future__ import annotations

from decimal import Decimal

from tests.builders import item, pre_venda
from tests.casa import Casa


def test_reservation_writes_order_item_stock_and_log(casa: Casa) -> None:
    answer = casa.enviar(pre_venda(item("123-1", 2, 120)), "pdv1")

    assert answer.status_code == 201
    numped = answer.get_json()["idPedidoRetaguarda"]
    assert casa.linha("PCPEDC", NUMPED=numped)["POSICAO"] == "L"
    assert casa.linha("PCPEDI", NUMPED=numped)["QT"] == Decimal(24)
    assert casa.qtreserv(1) == Decimal(24)
    assert casa.ultimo_log()["STATUS"] == "A"
