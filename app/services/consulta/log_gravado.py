"""JSON that was stored, as it is read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simplejson


@dataclass(frozen=True, slots=True)
class RespostaGravada:
    """What a stored answer says of its operation; what it does not say is None, or empty.

    ``situacao`` is the state of the reservation, ``expira`` its end in the zone of the branch, ``substitui`` the number
    it replaced. ``avisos`` and ``erros``: as they were answered.
    """

    mensagem: str = ""
    situacao: str | None = None
    expira: dt.datetime | None = None
    substitui: int | None = None
    avisos: Sequence[Mapping[str, Any]] = ()
    erros: Sequence[Mapping[str, Any]] = ()


def entender_resposta(resposta: Any) -> RespostaGravada:
    """What is asked of a stored answer, out of its JSON: the only place that knows how its members are called."""
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


def ler_json(texto: str | None) -> Any:
    """A stored answer; None when there is none."""
    return simplejson.loads(texto, use_decimal=True) if texto else None


def ler_objeto(texto_json: str | None) -> dict[str, Any] | None:
    """The object in a row of PCLOGPEDIDOAPI, which anybody may have written; None when it is none."""
    try:
        lido = simplejson.loads(texto_json or "", use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return lido if isinstance(lido, dict) else None
