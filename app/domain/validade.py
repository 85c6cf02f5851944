"""How long a reservation lives (R17)."""

from __future__ import annotations

import datetime as dt
import re

# Weekday of the payment deadline (Monday = 0) -> calendar days of stock reservation after it.
DIAS_APOS_PAGAMENTO = {6: 4, 0: 4, 1: 4, 2: 5, 3: 5, 4: 5, 5: 6}
DIAS_SEM_PAGAMENTO = 11

FUSO_DA_UF = {
    "AC": "America/Rio_Branco",
    "AM": "America/Manaus",
    "MS": "America/Campo_Grande",
    "MT": "America/Cuiaba",
    "RO": "America/Porto_Velho",
    "RR": "America/Boa_Vista",
}
FUSO_DE_BRASILIA = "America/Sao_Paulo"

_TTL = re.compile(r"([0-9]{1,4})([dh])")


def fuso_da_uf(uf: str | None) -> str:
    """Zone of a branch's state; Brasília's where the state is unknown."""
    return FUSO_DA_UF.get((uf or "").upper(), FUSO_DE_BRASILIA)


def ler_lock_ttl(texto: str) -> dt.timedelta | None:
    """``7d`` or ``36h``; None when it is neither, or zero."""
    achado = _TTL.fullmatch(texto.strip().lower())
    if not achado or not int(achado[1]):
        return None
    numero = int(achado[1])
    return dt.timedelta(days=numero) if achado[2] == "d" else dt.timedelta(hours=numero)


def calcular_expiracao(
    agora: dt.datetime,
    fuso: dt.tzinfo,
    *,
    lock_ttl: dt.timedelta | None = None,
    ttl_maximo: dt.timedelta,
    expiracao_pagamento: dt.date | dt.datetime | None = None,
    dias_pagamento: int | None = None,
) -> dt.datetime:
    """The instant (aware, in ``fuso``) an AUTORIZADA reservation expires; ``agora`` is aware.

    lockTTL wins and is exact, up to ``ttl_maximo``; else the payment deadline plus the days of its weekday, else
    11 days, both to the end of the day in the branch's zone. A date-time without offset is the branch's own clock.
    """
    local = agora.astimezone(fuso)
    if lock_ttl is not None:
        # On UTC, so that a change of the local clock does not lengthen or shorten it.
        return (agora.astimezone(dt.UTC) + min(lock_ttl, ttl_maximo)).astimezone(fuso)
    prazo: dt.date | None = None
    if isinstance(expiracao_pagamento, dt.datetime):
        if expiracao_pagamento.tzinfo is not None:
            expiracao_pagamento = expiracao_pagamento.astimezone(fuso)
        prazo = expiracao_pagamento.date()
    elif expiracao_pagamento is not None:
        prazo = expiracao_pagamento
    elif dias_pagamento is not None:
        prazo = local.date() + dt.timedelta(days=dias_pagamento)
    if prazo is None:
        dia = local.date() + dt.timedelta(days=DIAS_SEM_PAGAMENTO)
    else:
        dia = prazo + dt.timedelta(days=DIAS_APOS_PAGAMENTO[prazo.weekday()])
    return dt.datetime.combine(dia, dt.time(23, 59, 59), tzinfo=fuso)
