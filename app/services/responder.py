"""The success body of every pre-sale (§4.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, arredondar
from app.domain.recusas import Aviso
from app.domain.vida import Estado, nome_no_pdv
from app.services.pedido import Pedido, Resposta, aviso_json, json_texto


@dataclass(frozen=True, slots=True)
class Situacao:
    """What an answer says of a reservation. ``expira`` is aware, in the zone of the branch's state."""

    numped: int
    estado: Estado
    posicao: str | None
    filial: str
    codcli: int
    codusur: int
    total: Decimal
    expira: dt.datetime | None
    substitui: int | None = None


def responder(http: int, pedido: Pedido, situacao: Situacao, mensagem: str, avisos: Iterable[Aviso]) -> Resposta:
    """201 where a number is new, else 200."""
    data: dict[str, Any] = {
        "idPedidoRetaguarda": situacao.numped,
        "idRetaguarda": situacao.numped,
        "numero": pedido.pre_venda.numero,
        "operacao": pedido.operacao,
        "status": "A",
        "situacaoPreVenda": nome_no_pdv(situacao.estado),
        "situacaoReserva": situacao.estado.value,
        "posicao": situacao.posicao,
        "filial": situacao.filial,
        "codcli": situacao.codcli,
        "codusur": situacao.codusur,
        "total": arredondar(situacao.total, CENTAVO),
        "expiraEm": None if situacao.expira is None else situacao.expira.isoformat(timespec="seconds"),
        "substitui": situacao.substitui,
        "avisos": [aviso_json(aviso) for aviso in avisos],
    }
    corpo = {
        "success": True,
        "message": mensagem,
        "idPedidoRetaguarda": situacao.numped,
        "data": data,
        "errors": None,
    }
    return Resposta(http, json_texto(corpo))
