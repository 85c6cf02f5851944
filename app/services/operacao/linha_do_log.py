"""The row of PCLOGPEDIDOAPI that is an operation's own, by its address and by what it says (R15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.rastro import Rastro, e_dela
from app.services.operacao.log_gravado import ler_json, ler_objeto
from app.winthor import operacoes
from app.winthor.db.transaction import Connection


class SemLinha(StrEnum):
    """Why an operation has no row any more, for a person."""

    SUMIU = "a linha do log já não existe"
    DE_OUTRO = "o endereço da linha do log é de outro registro"


@dataclass(frozen=True, slots=True)
class LinhaDela:
    """The JSON of an operation's own row, as text and read."""

    texto: str
    corpo: Mapping[str, Any]


def achar_linha(connection: Connection, rastro: Rastro) -> LinhaDela | SemLinha:
    """The row where the operation put it, if that is still its own; nothing of another is ever given away. No lock."""
    lida = operacoes.find_no_endereco(connection, rastro.rowid)
    if lida is None:
        return SemLinha.SUMIU
    corpo = ler_objeto(lida.json)
    if corpo is None or not e_dela(rastro, lida, corpo, ler_json(rastro.resposta)):
        return SemLinha.DE_OUTRO
    return LinhaDela(lida.json or "", corpo)
