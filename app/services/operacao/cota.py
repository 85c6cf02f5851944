"""How many reservations and units one login may hold unpaid, so that none of them can put the whole stock aside.

What is hopeless is refused before anything is done. Those that pass at the same moment are counted again at the end of
their transactions, one after the other. Costs no statement where no limit is set.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.dinheiro import ZERO, texto
from app.domain.itens import Linha
from app.domain.recusas import recusar
from app.services.gateway import Gateway, utc
from app.services.operacao.requisicao import Requisicao
from app.winthor import operacoes, reservas
from app.winthor.db.transaction import Connection

VEZ = "COTA"


def conferir_reservas(gw: Gateway, connection: Connection, requisicao: Requisicao, *, mais: int) -> None:
    """Raises Recusa when the caller's unpaid reservations and ``mais`` are more than it may have. No lock."""
    cota = gw.settings.max_reservas_abertas
    if cota and reservas.count_abertas(connection, requisicao.caller) + mais > cota:
        raise recusar("LIMITE_EXCEDIDO", f"Este login já tem {cota} reservas não pagas; pague ou cancele alguma.")


def conferir_unidades(gw: Gateway, connection: Connection, requisicao: Requisicao, linhas: Sequence[Linha]) -> None:
    """Raises Recusa when these lines with what the caller holds are more than it may. No lock.

    Of an alteration only the difference counts.
    """
    cota = gw.settings.max_unidades_abertas
    if not cota:
        return
    novas = sum((linha.qt for linha in linhas), ZERO)
    abertas = reservas.unidades_abertas(connection, requisicao.caller, requisicao.pre_venda.id_retaguarda)
    if abertas + novas > cota:
        tem = f"Este login tem {texto(abertas)} unidades em reservas não pagas"
        raise recusar("LIMITE_EXCEDIDO", f"{tem} e pode ter {cota}; pague ou cancele alguma.")


def conferir_no_fim(gw: Gateway, connection: Connection, requisicao: Requisicao) -> None:
    """Raises Recusa when what the transaction has written is more than the caller may have.

    Locks the caller's turn, as the last lock of the transaction: nobody who has it waits for another. Raises Ocupado.
    """
    if not (gw.settings.max_reservas_abertas or gw.settings.max_unidades_abertas):
        return
    operacoes.tomar_vez(connection, requisicao.caller, VEZ, utc(gw.agora()))
    if requisicao.pre_venda.id_retaguarda is None:
        conferir_reservas(gw, connection, requisicao, mais=0)
    conferir_unidades(gw, connection, requisicao, ())
