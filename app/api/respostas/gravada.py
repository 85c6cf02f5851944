"""Stored answers, as they are read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain.desfecho import RespostaGravada
from app.domain.remanejamento import LinhaRemanejada


def parse_gravada(resposta: Any) -> RespostaGravada:
    """What is asked of a stored answer, out of its JSON."""
    if not isinstance(resposta, dict):
        return RespostaGravada()
    data = resposta.get("data") or {}
    expira = data.get("expiraEm")
    return RespostaGravada(
        mensagem=str(resposta.get("message", "")),
        situacao=data.get("situacaoReserva"),
        expira=None if expira is None else dt.datetime.fromisoformat(expira),
        substitui=data.get("substitui"),
        avisos=data.get("avisos") or (),
        erros=resposta.get("errors") or (),
        linhas=tuple(_remanejada(linha) for linha in data.get("linhas") or ()),
    )


def _remanejada(linha: Mapping[str, Any]) -> LinhaRemanejada:
    quantidade = Decimal(str(linha["quantidade"]))
    return LinhaRemanejada(linha["numseq"], linha["de"], linha["para"], quantidade)
