"""How long a reservation lives (R17)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

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

_TTL = re.compile(r"([0-9]{1,9})([dhm])")
_TTL_COM_RELOGIO = re.compile(r"(?:([0-9]{1,9})\.)?([01]?[0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_UNIDADES = {"d": "days", "h": "hours", "m": "minutes"}


def fuso_da_uf(uf: str | None) -> str:
    """Zone of a branch's state; Brasília's where the state is unknown."""
    return FUSO_DA_UF.get((uf or "").upper(), FUSO_DE_BRASILIA)


def ler_lock_ttl(texto: str) -> dt.timedelta | None:
    """``7d``, ``36h``, ``30m`` or ``DD.HH:MM:SS`` (days may be left out); None when it is none of them, or zero."""
    limpo = texto.strip().lower()
    if achado := _TTL.fullmatch(limpo):
        return dt.timedelta(**{_UNIDADES[achado[2]]: int(achado[1])}) or None
    if achado := _TTL_COM_RELOGIO.fullmatch(limpo):
        dias, horas, minutos, segundos = (int(parte or 0) for parte in achado.groups())
        return dt.timedelta(days=dias, hours=horas, minutes=minutos, seconds=segundos) or None
    return None


def dias_para_pagar(dias: Mapping[str, int], codcob: str | None, filial: str) -> int | None:
    """Days to pay by the setting: those of the form of payment first, then those of the branch; None without either.

    A form's key is its code and a semicolon.
    """
    da_forma = None if codcob is None else dias.get(f"{codcob};")
    return dias.get(filial) if da_forma is None else da_forma


@dataclass(frozen=True, slots=True)
class TermoSolicitado:
    """What a pre-sale asks for: a length of life, and the day of its payment deadline in the branch's zone."""

    lock_ttl: dt.timedelta | None = None
    pagamento: dt.date | None = None

    @property
    def vazio(self) -> bool:
        """Whether nothing is asked."""
        return self.lock_ttl is None and self.pagamento is None


@dataclass(frozen=True, slots=True)
class Termo:
    """When a reservation expires (aware), what was asked, and why it gets less than that; None where it does not."""

    expira: dt.datetime
    solicitado: TermoSolicitado
    reduzido: str | None = None


def dia_do_pagamento(prazo: dt.date | dt.datetime, fuso: dt.tzinfo) -> dt.date:
    """The day of a payment deadline in the branch's zone; a date-time without offset is the branch's own clock."""
    if not isinstance(prazo, dt.datetime):
        return prazo
    return (prazo if prazo.tzinfo is None else prazo.astimezone(fuso)).date()


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
    if expiracao_pagamento is not None:
        prazo = dia_do_pagamento(expiracao_pagamento, fuso)
    elif dias_pagamento is not None:
        prazo = local.date() + dt.timedelta(days=dias_pagamento)
    if prazo is None:
        dia = local.date() + dt.timedelta(days=DIAS_SEM_PAGAMENTO)
    else:
        dia = prazo + dt.timedelta(days=DIAS_APOS_PAGAMENTO[prazo.weekday()])
    return dt.datetime.combine(dia, dt.time(23, 59, 59), tzinfo=fuso)


def calcular_termo(
    agora: dt.datetime,
    fuso: dt.tzinfo,
    solicitado: TermoSolicitado,
    *,
    ttl_maximo: dt.timedelta,
    dias_pagamento: int | None = None,
) -> Termo:
    """The term of an AUTORIZADA reservation: what is asked, or given by ``dias_pagamento``, ends ``ttl_maximo`` from
    now at last."""
    expira = calcular_expiracao(
        agora,
        fuso,
        lock_ttl=solicitado.lock_ttl,
        ttl_maximo=ttl_maximo,
        expiracao_pagamento=solicitado.pagamento,
        dias_pagamento=dias_pagamento,
    )
    teto = (agora.astimezone(dt.UTC) + ttl_maximo).astimezone(fuso)
    passa = expira > teto if solicitado.lock_ttl is None else solicitado.lock_ttl > ttl_maximo
    if not passa or (solicitado.vazio and dias_pagamento is None):
        return Termo(expira, solicitado)
    texto = f"O prazo passa do máximo configurado; a reserva vai até {teto:%d/%m/%Y %H:%M}."
    dito = solicitado if solicitado.lock_ttl is None else replace(solicitado, lock_ttl=ttl_maximo)
    return Termo(min(expira, teto), dito, texto)


@dataclass(frozen=True, slots=True)
class Cadeia:
    """What an alteration finds: the term asked for before it, when the first reservation was made, the term that
    stands (aware; None without one)."""

    solicitado: TermoSolicitado
    inicio: dt.datetime
    expira: dt.datetime | None


def termo_da_alteracao(
    agora: dt.datetime,
    fuso: dt.tzinfo,
    solicitado: TermoSolicitado,
    cadeia: Cadeia,
    *,
    ttl_maximo: dt.timedelta,
    cadeia_maxima: dt.timedelta,
    dias_pagamento: int | None = None,
) -> Termo:
    """The term of an altered reservation: what it asks, else what its chain asked for (a length begins anew, a deadline
    stays; one that is over asks for nothing any more). A chain older than ``cadeia_maxima`` gets no more than it has.
    """

    def calcular(solicitado: TermoSolicitado) -> Termo:
        return calcular_termo(agora, fuso, solicitado, ttl_maximo=ttl_maximo, dias_pagamento=dias_pagamento)

    termo = calcular(cadeia.solicitado if solicitado.vazio else solicitado)
    if termo.expira <= agora:
        termo = calcular(TermoSolicitado())
    if cadeia.expira is None or agora - cadeia.inicio <= cadeia_maxima or termo.expira <= cadeia.expira:
        return termo
    texto = (
        f"A primeira reserva desta pré-venda tem mais de {cadeia_maxima.days} dias; "
        f"fica o prazo que ela já tinha, {cadeia.expira.astimezone(fuso):%d/%m/%Y %H:%M}."
    )
    return Termo(cadeia.expira.astimezone(fuso), termo.solicitado, texto)
