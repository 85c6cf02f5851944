"""How many units one login may hold unpaid, so that none of them can put the whole stock aside."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.dinheiro import ZERO, texto
from app.domain.itens import Linha
from app.domain.recusas import recusar
from app.services.gateway import Gateway
from app.services.operacao.requisicao import Requisicao
from app.winthor import reservas
from app.winthor.db.transaction import Connection


def conferir_unidades(gw: Gateway, connection: Connection, requisicao: Requisicao, linhas: Sequence[Linha]) -> None:
    """Raises Recusa when these lines with what the caller holds are more than it may; requests in flight are not seen.

    Of an alteration only the difference counts. Costs no statement where no limit is set.
    """
    cota = gw.settings.max_unidades_abertas
    if not cota:
        return
    novas = sum((linha.qt for linha in linhas), ZERO)
    abertas = reservas.unidades_abertas(connection, requisicao.caller, requisicao.pre_venda.id_retaguarda)
    if abertas + novas > cota:
        tem = f"Este login tem {texto(abertas)} unidades em reservas não pagas"
        raise recusar("LIMITE_EXCEDIDO", f"{tem} e pode ter {cota}; pague ou cancele alguma.")
