"""What came of an operation, and the success body of every pre-sale (§4.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CENTAVO, arredondar
from app.domain.recusas import Aviso
from app.domain.vida import Efeito, Estado, nome_no_pdv
from app.services.operacao.requisicao import Requisicao, Resposta, aviso_json, json_texto


@dataclass(frozen=True, slots=True)
class Desfecho:
    """What an operation made of a reservation, whole: what its answer says and its log row keeps.

    ``efeito`` is what it did. ``estado`` is the one that counts, ``registrado`` what the gateway records, ``posicao``
    where the order is now.
    ``expira`` is aware, in the zone of the branch's state. ``registro``: members that the log row of an internal action
    has beside those of its request.
    """

    numped: int
    efeito: Efeito
    estado: Estado
    registrado: Estado
    posicao: str | None
    filial: str
    codcli: int
    codusur: int
    total: Decimal
    expira: dt.datetime | None
    substitui: int | None
    mensagem: str
    avisos: tuple[Aviso, ...] = ()
    http: int = 200
    registro: Mapping[str, Any] = field(default_factory=dict)


def responder(requisicao: Requisicao, desfecho: Desfecho) -> Resposta:
    """201 where a number is new, else 200. The avisos of the request come before those of the operation."""
    data: dict[str, Any] = {
        "idPedidoRetaguarda": desfecho.numped,
        "idRetaguarda": desfecho.numped,
        "numero": requisicao.pre_venda.numero,
        "operacao": requisicao.operacao,
        "status": "A",
        "situacaoPreVenda": nome_no_pdv(desfecho.estado, desfecho.registrado),
        "situacaoReserva": desfecho.estado.value,
        "posicao": desfecho.posicao,
        "filial": desfecho.filial,
        "codcli": desfecho.codcli,
        "codusur": desfecho.codusur,
        "total": arredondar(desfecho.total, CENTAVO),
        "expiraEm": None if desfecho.expira is None else desfecho.expira.isoformat(timespec="seconds"),
        "substitui": desfecho.substitui,
        "avisos": [aviso_json(aviso) for aviso in (*requisicao.avisos, *desfecho.avisos)],
    }
    corpo = {
        "success": True,
        "message": desfecho.mensagem,
        "idPedidoRetaguarda": desfecho.numped,
        "data": data,
        "errors": None,
    }
    return Resposta(desfecho.http, json_texto(corpo), efeito=desfecho.efeito)
