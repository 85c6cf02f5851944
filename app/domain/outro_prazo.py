"""What another term would have freed (R31, R17). Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.validade import dia_do_pagamento

_DIA = dt.timedelta(days=1)
_REGRA = re.compile(r"(\d{1,3})/(\d{1,3})/(\d{1,3})")
# Sunday to Tuesday, Wednesday to Friday, Saturday; Monday = 0.
_GRUPO = {6: 0, 0: 0, 1: 0, 2: 1, 3: 1, 4: 1, 5: 2}


@dataclass(frozen=True, slots=True)
class OutroPrazo:
    """Either ``dias`` after the reservation was made, or ``apos``, days after its payment deadline by the deadline's
    weekday; to the end of the day in the branch's zone. ``texto``: as it was given."""

    texto: str
    dias: int | None = None
    apos: tuple[int, int, int] | None = None


def parse_regra(texto: str) -> OutroPrazo | None:
    """``4/5/6``: days after a deadline on Sunday to Tuesday, Wednesday to Friday, Saturday; None when it is none."""
    achada = _REGRA.fullmatch(texto.strip())
    if achada is None:
        return None
    primeiro, segundo, terceiro = (int(parte) for parte in achada.groups())
    return OutroPrazo(f"{primeiro}/{segundo}/{terceiro}", apos=(primeiro, segundo, terceiro))


def por_dias(dias: int) -> OutroPrazo:
    """So many days after each reservation was made."""
    unidade = "dia" if dias == 1 else "dias"
    return OutroPrazo(f"{dias} {unidade}", dias=dias)


@dataclass(frozen=True, slots=True)
class EloDaCadeia:
    """A reservation of a chain. Instants are aware; ``fuso``: of its branch. ``pagamento``: the deadline it has, by
    request or setting; ``tem_lock_ttl``: it was made for an exact length, which no rule touches; ``saiu``: when time
    could no longer end it (paid, rescued, ended), None while it can."""

    numped: int
    fuso: dt.tzinfo
    criada: dt.datetime
    pagamento: dt.date | None
    tem_lock_ttl: bool
    saiu: dt.datetime | None


@dataclass(frozen=True, slots=True)
class LiberadaAntes:
    """What a chain would have freed: the units of ``numped``, ``dias`` days before it really did."""

    numped: int
    dias: Decimal
    paga_depois: bool


def novo_fim(regra: OutroPrazo, elo: EloDaCadeia) -> dt.datetime | None:
    """When the reservation would end; None where the rule says nothing of it."""
    if elo.tem_lock_ttl:
        return None
    if regra.dias is not None:
        dia = elo.criada.astimezone(elo.fuso).date() + regra.dias * _DIA
    elif regra.apos is not None and elo.pagamento is not None:
        prazo = dia_do_pagamento(elo.pagamento, elo.fuso)
        dia = prazo + regra.apos[_GRUPO[prazo.weekday()]] * _DIA
    else:
        return None
    return dt.datetime.combine(dia, dt.time(23, 59, 59), tzinfo=elo.fuso)


def liberada(
    regra: OutroPrazo,
    cadeia: Sequence[EloDaCadeia],
    *,
    paga: dt.datetime | None,
    fim: dt.datetime | None,
    agora: dt.datetime,
) -> LiberadaAntes | None:
    """What a chain would have freed at the first of its reservations that the rule ends while it can still be ended;
    None when at none. ``paga``: when it was paid; ``fim``: when it ended otherwise, None while it lives."""
    for elo in cadeia:
        novo = novo_fim(regra, elo)
        if novo is not None and novo < (elo.saiu or agora):
            real = paga or fim or agora
            dias = Decimal(str((real - novo) / _DIA)) if real > novo else ZERO
            return LiberadaAntes(elo.numped, dias, paga_depois=paga is not None)
    return None
