"""The life of a reservation as one table: state × action -> what happens (R16, spec §5). Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Estado(enum.StrEnum):
    """State of a reservation. RECONHECIDA and BAIXADA are moved by WinThor and read from PCPEDC.POSICAO."""

    AUTORIZADA = "AUTORIZADA"
    CONFIRMADA = "CONFIRMADA"
    RESGATADA = "RESGATADA"
    RECONHECIDA = "RECONHECIDA"
    BAIXADA = "BAIXADA"
    CANCELADA = "CANCELADA"
    EXPIRADA = "EXPIRADA"
    SUBSTITUIDA = "SUBSTITUIDA"


VIVOS = frozenset({Estado.AUTORIZADA, Estado.CONFIRMADA, Estado.RESGATADA, Estado.RECONHECIDA})
MORTOS = frozenset({Estado.CANCELADA, Estado.EXPIRADA, Estado.SUBSTITUIDA})


class Acao(enum.Enum):
    """What a request, or time, asks of a reservation."""

    ALTERAR = "alterar"
    CONFIRMAR = "confirmar"
    RESGATAR = "resgatar"
    CANCELAR = "cancelar"
    EXPIRAR = "expirar"


class Efeito(enum.Enum):
    """What the table answers, when it does not refuse."""

    RECRIAR = "cancel and recreate under a new number"
    MUDAR = "the state changes"
    REGISTRAR_RESGATE = "the rescue is recorded, the state stays"
    NENHUM = "success without effect"
    SEGUIR = "act on the number that replaced this one"
    RESERVAR_DE_NOVO = "reserve again under a new number, if the units are free (R18)"


@dataclass(frozen=True, slots=True)
class Passo:
    """One cell: an effect (with the new state when it changes) or the code of a refusal."""

    efeito: Efeito | None = None
    novo: Estado | None = None
    recusa: str | None = None


def _muda(novo: Estado) -> Passo:
    return Passo(Efeito.MUDAR, novo)


def _recusa(codigo: str) -> Passo:
    return Passo(recusa=codigo)


_NADA = Passo(Efeito.NENHUM)
_SEGUE = Passo(Efeito.SEGUIR)
_DE_NOVO = Passo(Efeito.RESERVAR_DE_NOVO)
_RECRIA = Passo(Efeito.RECRIAR, Estado.SUBSTITUIDA)

# Read a row as: in this state, ALTERAR | CONFIRMAR (1) | RESGATAR (3) | CANCELAR (0) | EXPIRAR (time).
_TABELA: dict[Estado, tuple[Passo, Passo, Passo, Passo, Passo]] = {
    Estado.AUTORIZADA: (
        _RECRIA,
        _muda(Estado.CONFIRMADA),
        _muda(Estado.RESGATADA),
        _muda(Estado.CANCELADA),
        _muda(Estado.EXPIRADA),
    ),
    Estado.RESGATADA: (
        _recusa("RESERVA_RESGATADA"),
        _muda(Estado.CONFIRMADA),
        _NADA,
        _muda(Estado.CANCELADA),
        _NADA,
    ),
    Estado.CONFIRMADA: (
        _recusa("RESERVA_CONFIRMADA"),
        _NADA,
        Passo(Efeito.REGISTRAR_RESGATE),
        _muda(Estado.CANCELADA),
        _NADA,
    ),
    Estado.RECONHECIDA: (
        _recusa("RESERVA_EM_SEPARACAO"),
        _recusa("RESERVA_EM_SEPARACAO"),
        _recusa("RESERVA_EM_SEPARACAO"),
        _recusa("RESERVA_EM_SEPARACAO"),
        _NADA,
    ),
    Estado.BAIXADA: (
        _recusa("RESERVA_FATURADA"),
        _recusa("RESERVA_FATURADA"),
        _NADA,
        _recusa("RESERVA_FATURADA"),
        _NADA,
    ),
    Estado.CANCELADA: (
        _recusa("RESERVA_CANCELADA"),
        _recusa("RESERVA_CANCELADA"),
        _recusa("RESERVA_CANCELADA"),
        _NADA,
        _NADA,
    ),
    Estado.EXPIRADA: (
        _DE_NOVO,
        _DE_NOVO,
        _recusa("RESERVA_EXPIRADA"),
        _NADA,
        _NADA,
    ),
    Estado.SUBSTITUIDA: (
        _recusa("RESERVA_SUBSTITUIDA"),
        _SEGUE,
        _SEGUE,
        _SEGUE,
        _NADA,
    ),
}

_ORDEM = (Acao.ALTERAR, Acao.CONFIRMAR, Acao.RESGATAR, Acao.CANCELAR, Acao.EXPIRAR)


def passo(estado: Estado, acao: Acao) -> Passo:
    """The cell of the table."""
    return _TABELA[estado][_ORDEM.index(acao)]


def estado_efetivo(registrado: Estado, posicao: str | None, faturado: bool) -> Estado:
    """The state that counts: what the gateway recorded, corrected by where WinThor has moved the order.

    ``posicao`` is PCPEDC.POSICAO (None: the order is gone), ``faturado`` whether NUMTRANSVENDA is filled.
    """
    if registrado in MORTOS:
        return registrado
    if faturado or posicao == "F":
        return Estado.BAIXADA
    if posicao == "M":
        return Estado.RECONHECIDA
    if posicao is None or posicao == "C":
        return Estado.CANCELADA
    return registrado


_NOME_NO_PDV = {
    Estado.AUTORIZADA: "DISPONIVEL",
    Estado.CONFIRMADA: "RECEBIDO",
    Estado.RECONHECIDA: "RECEBIDO",
    Estado.RESGATADA: "RESGATADA",
    Estado.BAIXADA: "RESGATADA",
    Estado.CANCELADA: "CANCELADA",
    Estado.EXPIRADA: "CANCELADA",
    Estado.SUBSTITUIDA: "CANCELADA",
}


def nome_no_pdv(estado: Estado) -> str:
    """The state by the POS's name for it (``situacaoPreVenda``)."""
    return _NOME_NO_PDV[estado]
