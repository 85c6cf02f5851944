"""Stored answers, as they are read again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.domain.desfecho import RespostaGravada


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
    )
