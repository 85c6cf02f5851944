"""What is told of a reservation: the types of events, and which ones an operation makes (R27). Pure."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.vida import Efeito, Estado


class TipoDeEvento(enum.StrEnum):
    """The types, by the names that everybody is told."""

    CRIADA = "reserva.criada"
    ALTERADA = "reserva.alterada"
    PAGA = "reserva.paga"
    RESGATADA = "reserva.resgatada"
    CANCELADA = "reserva.cancelada"
    EXPIRADA = "reserva.expirada"
    VENCENDO = "reserva.vencendo"
    EM_SEPARACAO = "reserva.em_separacao"
    FATURADA = "reserva.faturada"
    BLOQUEADA = "reserva.bloqueada"
    LIBERADA = "reserva.liberada"


@dataclass(frozen=True, slots=True)
class Evento:
    """What happened. ``substitui``: the number that ``numped`` has replaced by it; ``expira``: UTC without zone."""

    tipo: TipoDeEvento
    filial: str
    numero: str
    numped: int
    estado: Estado
    posicao: str | None
    expira: dt.datetime | None = None
    substitui: int | None = None


# What a change of the recorded state is called.
_DA_MUDANCA: Mapping[Estado, TipoDeEvento] = {
    Estado.CONFIRMADA: TipoDeEvento.PAGA,
    Estado.RESGATADA: TipoDeEvento.RESGATADA,
    Estado.CANCELADA: TipoDeEvento.CANCELADA,
    Estado.EXPIRADA: TipoDeEvento.EXPIRADA,
}


def tipos_do_efeito(efeito: Efeito, registrado: Estado) -> tuple[TipoDeEvento, ...]:
    """What an operation with this effect tells; ``registrado``: the state that it recorded. A rescue of an expired
    reservation alters it, and pays it when it was paid."""
    match efeito:
        case Efeito.RESERVAR:
            return (TipoDeEvento.CRIADA,)
        case Efeito.RESERVAR_DE_NOVO if registrado is Estado.CONFIRMADA:
            return (TipoDeEvento.ALTERADA, TipoDeEvento.PAGA)
        case Efeito.RECRIAR | Efeito.RESERVAR_DE_NOVO | Efeito.MUDAR_PRAZO | Efeito.MUDAR_FILIAL:
            return (TipoDeEvento.ALTERADA,)
        case Efeito.REGISTRAR_RESGATE:
            return (TipoDeEvento.RESGATADA,)
        case Efeito.MUDAR:
            return (_DA_MUDANCA[registrado],)
        case Efeito.NENHUM | Efeito.SEGUIR:
            return ()


# What WinThor has made of an order that was alive.
_DO_WINTHOR: Mapping[Estado, TipoDeEvento] = {
    Estado.RECONHECIDA: TipoDeEvento.EM_SEPARACAO,
    Estado.BLOQUEADA: TipoDeEvento.BLOQUEADA,
    Estado.BAIXADA: TipoDeEvento.FATURADA,
    Estado.CANCELADA: TipoDeEvento.CANCELADA,
}
_SEGURADA = frozenset({Estado.RECONHECIDA, Estado.BLOQUEADA})


@dataclass(frozen=True, slots=True)
class AvisoDeEvento:
    """What is to be remembered of where WinThor has an order, and what is told of it, if anything."""

    avisado: Estado | None
    tipo: TipoDeEvento | None


def o_que_o_winthor_fez(estado: Estado, avisado: Estado | None) -> AvisoDeEvento | None:
    """What is to be told of a reservation whose recorded state is a live one; None when all is told already.

    ``estado``: the one that counts now; ``avisado``: where WinThor had the order when something was told last. Back
    from separation or a block it is free again; a reopening by a person is remembered and not told.
    """
    agora = estado if estado in _DO_WINTHOR else None
    if agora is avisado:
        return None
    if agora is not None:
        return AvisoDeEvento(agora, _DO_WINTHOR[agora])
    return AvisoDeEvento(None, TipoDeEvento.LIBERADA if avisado in _SEGURADA else None)


def avisar_em(inicio: dt.datetime, fim: dt.datetime, antes: dt.timedelta) -> dt.datetime:
    """When it is said that a term comes to its end: so long before it, in a term that is no longer than that at its
    half."""
    prazo = fim - inicio
    return fim - (antes if prazo > antes else prazo / 2)
