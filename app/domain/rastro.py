"""What an operation knows of its row of PCLOGPEDIDOAPI (R15). Pure.

The table has no key of ours, only addresses, and an address is given to another row when tables are moved, shrunk,
imported or cleared. So a row is taken for an operation's own only when it says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.valores import Ilegivel, parse_numero

# Member of a log row's JSON that holds the answer; the request has none.
RETORNO = "retorno"
# Member that holds what a rule of the site's said, for the back office (REGRA_DA_CASA).
REGRA = "regra"
# Member that holds which columns of a customer that existed were changed, and by whom.
CADASTRO = "cadastro"
NOSSOS = (RETORNO, REGRA, CADASTRO)
PENDENTE = "P"


@dataclass(frozen=True, slots=True)
class Rastro:
    """Where an operation's log row was put, and what tells it from others. ``resposta``: the stored answer, JSON text,
    None while it is P."""

    id: str
    rowid: str | None
    operacao: str
    estado: str
    numero: str | None
    resposta: str | None = None


@dataclass(frozen=True, slots=True)
class NoEndereco:
    """What lies at an address of PCLOGPEDIDOAPI; ``json``: its text."""

    operacao: str | None
    status: str | None
    json: str | None


def e_dela(rastro: Rastro, linha: NoEndereco, corpo: Mapping[str, Any] | None, resposta: Any) -> bool:
    """Whether the row is the operation's own: same operation, state and pre-sale, and the same answer (none yet while
    it is P). ``corpo`` and ``resposta``: the JSON of the row and of the stored answer, read; a ``corpo`` of None is
    nobody's.
    """
    if corpo is None or (linha.operacao, linha.status) != (rastro.operacao, rastro.estado):
        return False
    if rastro.estado == PENDENTE:
        return RETORNO not in corpo and _numero(corpo) == rastro.numero
    if RETORNO not in corpo or corpo[RETORNO] != resposta:
        return False
    return rastro.numero is None or "numero" not in corpo or _numero(corpo) == rastro.numero


def _numero(corpo: Mapping[str, Any]) -> str | None:
    try:
        return parse_numero(corpo.get("numero"))
    except Ilegivel:
        return None
