"""What comes in and what goes out of the use cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import simplejson

from app.domain.pre_venda import PreVenda, Situacao
from app.domain.recusas import Aviso, Problema
from app.domain.vida import Efeito


@dataclass(frozen=True, slots=True)
class Requisicao:
    """A pre-sale as it came in: the raw object, what the schema made of it and what the schema found wrong."""

    caller: str
    corpo: Mapping[str, Any]
    dados: Mapping[str, Any]
    pre_venda: PreVenda
    problemas: Sequence[Problema]
    avisos: Sequence[Aviso]
    impressao: str
    chave: str | None = None
    excluir: bool = False
    interno: bool = False  # an action of the back office: never a repeat, logged as it is

    @property
    def operacao(self) -> str:
        """Operation of the log row (R15): state 0 or DELETE = C; a number given = A; else I."""
        if self.excluir or self.pre_venda.situacao is Situacao.CANCELADA:
            return "C"
        return "I" if self.pre_venda.id_retaguarda is None else "A"


@dataclass(frozen=True, slots=True)
class Resposta:
    """An answer ready to send: status, JSON text, and whether it is the stored one of an earlier request.

    ``efeito``: what the operation did, None where the answer was read from what is stored.
    """

    http: int
    corpo: str
    repetida: bool = False
    efeito: Efeito | None = None


def json_texto(valor: Any) -> str:
    """JSON text with exact decimals, accents as they are."""
    return simplejson.dumps(valor, ensure_ascii=False, use_decimal=True, default=_outro)


def _outro(valor: Any) -> Any:
    if isinstance(valor, dt.date):
        return valor.isoformat()
    raise TypeError(type(valor).__name__)


def aviso_json(aviso: Aviso) -> dict[str, Any]:
    return {"codigo": aviso.codigo, "mensagem": aviso.mensagem, "campos": list(aviso.campos)}


def problema_json(problema: Problema) -> dict[str, Any]:
    """One entry of ``errors`` (§4.3)."""
    entry: dict[str, Any] = {"codigo": problema.codigo, "campo": problema.campo, "mensagem": problema.mensagem}
    if problema.rotina:
        entry["rotina"] = problema.rotina
    entry.update({k: _numero(v) for k, v in problema.extra.items()})
    return entry


# Of one answer; no request that a till sends has more, and each costs ten times what made it.
PROBLEMAS_DITOS = 200


def problemas_ditos(problemas: Sequence[Problema]) -> dict[str, Any]:
    """``errors`` of an answer, and how many were left out where there are too many to tell."""
    errors = [problema_json(problema) for problema in problemas[:PROBLEMAS_DITOS]]
    demais = len(problemas) - PROBLEMAS_DITOS
    return {"errors": errors, **({"errosOmitidos": demais} if demais > 0 else {})}


def _numero(valor: Any) -> Any:
    if isinstance(valor, Decimal):
        return numero_curto(valor)
    if isinstance(valor, list):
        return [_numero(v) for v in valor]
    if isinstance(valor, Mapping):
        return {k: _numero(v) for k, v in valor.items()}
    return valor


def numero_curto(valor: Decimal) -> int | Decimal:
    """A quantity as JSON shows it: an integer without decimals where it is one, never an exponent."""
    if valor == valor.to_integral_value():
        return int(valor)
    return Decimal(f"{valor:f}".rstrip("0"))
