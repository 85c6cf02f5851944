"""JSON that was stored, as it is read again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import simplejson

from app.domain.estoque import Unidades

# Half a character, written as an escape: no JSON that we make holds one, and no answer could carry it.
_MEIO_CARACTERE = re.compile(r"\\ud[89a-f]", re.I)


def ler_json(texto: str | None) -> Any:
    """A stored answer; None when there is none."""
    return simplejson.loads(texto, use_decimal=True) if texto else None


def ler_objeto(texto_json: str | None) -> dict[str, Any] | None:
    """The object in a row of PCLOGPEDIDOAPI, which anybody may have written; None when it is none. Half characters are
    question marks in it."""
    try:
        lido = simplejson.loads(texto_json or "", use_decimal=True)
        if texto_json and _MEIO_CARACTERE.search(texto_json):
            inteiro = simplejson.dumps(lido, ensure_ascii=False, use_decimal=True).encode("utf-8", "replace")
            lido = simplejson.loads(inteiro, use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return lido if isinstance(lido, dict) else None


def variacoes_em_texto(variacoes: Unidades) -> str:
    """What an operation changed the counters by, as GW_OPERACAO.VARIACOES keeps it."""
    return simplejson.dumps([(filial, codprod, str(qt)) for (filial, codprod), qt in sorted(variacoes.items()) if qt])


def variacoes_do_texto(texto: str) -> Unidades:
    """The same, read again."""
    return {(filial, codprod): Decimal(qt) for filial, codprod, qt in simplejson.loads(texto)}
