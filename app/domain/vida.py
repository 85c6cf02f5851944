"""The life of a reservation as one table: state × action -> what happens (R16, §5). Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Estado(enum.StrEnum):
    """State of a reservation. RECONHECIDA, BLOQUEADA, ASSUMIDA and BAIXADA are never recorded: WinThor moves the order
    there, and they are read from it."""

    AUTORIZADA = "AUTORIZADA"
    CONFIRMADA = "CONFIRMADA"
    RESGATADA = "RESGATADA"
    RECONHECIDA = "RECONHECIDA"
    BLOQUEADA = "BLOQUEADA"
    ASSUMIDA = "ASSUMIDA"
    BAIXADA = "BAIXADA"
    CANCELADA = "CANCELADA"
    EXPIRADA = "EXPIRADA"
    SUBSTITUIDA = "SUBSTITUIDA"


REGISTRADOS_VIVOS = frozenset({Estado.AUTORIZADA, Estado.CONFIRMADA, Estado.RESGATADA})
# A pre-sale has at most one of these (R21).
VIVOS = REGISTRADOS_VIVOS | {Estado.RECONHECIDA, Estado.BLOQUEADA, Estado.ASSUMIDA}
MORTOS = frozenset({Estado.CANCELADA, Estado.EXPIRADA, Estado.SUBSTITUIDA})


class Acao(enum.Enum):
    """What a request, or time, asks of a reservation."""

    ALTERAR = "alterar"
    CONFIRMAR = "confirmar"
    RESGATAR = "resgatar"
    CANCELAR = "cancelar"
    CANCELAR_ASSUMIDA = "cancelar, ciente da cobrança"
    PRORROGAR = "prorrogar"
    REMANEJAR = "remanejar"
    EXPIRAR = "expirar"


class Efeito(enum.Enum):
    """What the table answers, when it does not refuse, and so what an operation does; its name is stored with it."""

    RESERVAR = "a reservation of a pre-sale that has none, which no cell of the table answers"
    RECRIAR = "cancel and recreate under a new number"
    MUDAR = "the state changes"
    REGISTRAR_RESGATE = "the rescue is recorded, the state stays"
    MUDAR_PRAZO = "the term changes, the state stays"
    MUDAR_FILIAL = "lines come from other branches, the state stays (R29)"
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
_PAGA = _muda(Estado.CONFIRMADA)
_ANOTA = Passo(Efeito.REGISTRAR_RESGATE)
_CANCELA = _muda(Estado.CANCELADA)
_PRAZO = Passo(Efeito.MUDAR_PRAZO)


_RESGATADA, _CONFIRMADA, _SEPARACAO = map(_recusa, ("RESERVA_RESGATADA", "RESERVA_CONFIRMADA", "RESERVA_EM_SEPARACAO"))
_BLOQUEADA, _ASSUMIDA, _FATURADA = map(_recusa, ("RESERVA_BLOQUEADA", "RESERVA_ASSUMIDA", "RESERVA_FATURADA"))
_CANCELADA, _EXPIRADA, _SUBSTITUIDA = map(_recusa, ("RESERVA_CANCELADA", "RESERVA_EXPIRADA", "RESERVA_SUBSTITUIDA"))

_ORDEM = (Acao.ALTERAR, Acao.CONFIRMAR, Acao.RESGATAR, Acao.CANCELAR, Acao.PRORROGAR, Acao.EXPIRAR)
# Read a row as: in this state, the cells are in the order above (2 with its number | 1 | 3 | 0 | back office | time).
_TABELA: dict[Estado, tuple[Passo, Passo, Passo, Passo, Passo, Passo]] = {
    Estado.AUTORIZADA: (_RECRIA, _PAGA, _muda(Estado.RESGATADA), _CANCELA, _PRAZO, _muda(Estado.EXPIRADA)),
    Estado.RESGATADA: (_RESGATADA, _PAGA, _NADA, _CANCELA, _RESGATADA, _NADA),
    Estado.CONFIRMADA: (_CONFIRMADA, _NADA, _ANOTA, _CANCELA, _CONFIRMADA, _NADA),
    Estado.ASSUMIDA: (_ASSUMIDA, _PAGA, _ANOTA, _ASSUMIDA, _ASSUMIDA, _NADA),
    Estado.RECONHECIDA: (_SEPARACAO, _PAGA, _ANOTA, _SEPARACAO, _SEPARACAO, _NADA),
    Estado.BLOQUEADA: (_BLOQUEADA, _PAGA, _ANOTA, _CANCELA, _BLOQUEADA, _NADA),
    Estado.BAIXADA: (_FATURADA, _FATURADA, _NADA, _FATURADA, _FATURADA, _NADA),
    Estado.CANCELADA: (_CANCELADA, _CANCELADA, _CANCELADA, _NADA, _CANCELADA, _NADA),
    Estado.EXPIRADA: (_DE_NOVO, _DE_NOVO, _EXPIRADA, _NADA, _EXPIRADA, _NADA),
    Estado.SUBSTITUIDA: (_SUBSTITUIDA, _SEGUE, _SEGUE, _SEGUE, _SEGUE, _NADA),
}


# Lines move while nobody in WinThor is at work on the order, under their own number only (R29).
_MOVE = Passo(Efeito.MUDAR_FILIAL)
_REMANEJA = {Estado.AUTORIZADA: _MOVE, Estado.CONFIRMADA: _MOVE, Estado.EXPIRADA: _EXPIRADA}


def _celula(estado: Estado, acao: Acao) -> Passo:
    if acao is Acao.REMANEJAR:
        return _REMANEJA.get(estado) or _celula(
            estado, Acao.ALTERAR if estado is not Estado.EXPIRADA else Acao.PRORROGAR
        )
    # A person who was shown the CODCOB may cancel what another has taken over; else it is a cancellation (R16).
    if acao is Acao.CANCELAR_ASSUMIDA:
        return _CANCELA if estado is Estado.ASSUMIDA else _celula(estado, Acao.CANCELAR)
    return _TABELA[estado][_ORDEM.index(acao)]


def passo(estado: Estado, acao: Acao, registrado: Estado | None = None) -> Passo:
    """The cell of the table. ``registrado``: what is recorded; a change to what it is already is none."""
    celula = _celula(estado, acao)
    return _NADA if celula.novo is not None and celula.novo is registrado else celula


@dataclass(frozen=True, slots=True)
class NoWinThor:
    """Where WinThor has the order (PCPEDC). ``posicao``: POSICAO, None when the order is gone; ``faturado``: whether
    NUMTRANSVENDA is filled; ``separado``: it is in a load (NUMCAR) or has a stamp of separation (R24); ``codcob``:
    CODCOB."""

    posicao: str | None
    faturado: bool = False
    separado: bool = False
    codcob: str | None = None

    @property
    def encerrado(self) -> bool:
        """Whether it was invoiced, cancelled, or is gone."""
        return self.faturado or self.posicao in {None, "F", "C"}

    @property
    def baixado(self) -> bool:
        """Whether it was invoiced."""
        return self.faturado or self.posicao == "F"

    @property
    def em_separacao(self) -> bool:
        """Whether WinThor is at work on it."""
        return self.posicao == "M" or self.separado

    @property
    def assumido(self) -> bool:
        """Whether somebody in WinThor has taken over an order that was not paid here (R18)."""
        return self.faturado or self.posicao != "L" or self.separado or bool(self.codcob)


def estado_efetivo(registrado: Estado, pedido: NoWinThor, entregas: Sequence[NoWinThor] = ()) -> Estado:
    """The state that counts: what the gateway recorded, corrected by where WinThor has moved the order (R16).

    ``entregas``: the deliveries of a future sale, which live and end with it (R23): it is BAIXADA, or CANCELADA, when
    all of them are at their end. When several hold, the first of BAIXADA, CANCELADA, RECONHECIDA, BLOQUEADA, ASSUMIDA.
    A position that nobody has told the gateway of holds the order back as B and P do.
    """
    if registrado in MORTOS:
        return registrado
    if registrado is Estado.BAIXADA:
        registrado = Estado.CONFIRMADA  # recorded when WinThor had invoiced it; what an undone invoice leaves was sold
    familia = (pedido, *entregas)
    vivos = [um for um in familia if not um.encerrado]
    if not vivos:
        return Estado.BAIXADA if any(um.baixado for um in familia) else Estado.CANCELADA
    if any(um.em_separacao for um in vivos):
        return Estado.RECONHECIDA
    if any(um.posicao != "L" for um in vivos):
        return Estado.BLOQUEADA
    if pedido.codcob and registrado is not Estado.CONFIRMADA:
        return Estado.ASSUMIDA
    return registrado


def situacao_da_entrega(entrega: NoWinThor) -> str:
    """Where a delivery of a paid order stands, by the names of the states (R23)."""
    return estado_efetivo(Estado.CONFIRMADA, entrega).value


# What a replay answers when the reservation it names has been ended or taken over since (R12).
RECUSA_DA_REPETICAO: dict[Estado, str] = {
    Estado.RECONHECIDA: "RESERVA_EM_SEPARACAO",
    Estado.BLOQUEADA: "RESERVA_BLOQUEADA",
    Estado.ASSUMIDA: "RESERVA_ASSUMIDA",
    Estado.BAIXADA: "RESERVA_FATURADA",
    Estado.CANCELADA: "RESERVA_CANCELADA",
    Estado.EXPIRADA: "RESERVA_EXPIRADA",
    Estado.SUBSTITUIDA: "RESERVA_SUBSTITUIDA",
}

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


def nome_no_pdv(estado: Estado, registrado: Estado) -> str:
    """The state by the POS's name for it (``situacaoPreVenda``); what WinThor holds back or a person has taken over
    shows what it was before, the state ``registrado``."""
    return _NOME_NO_PDV[registrado if estado in {Estado.BLOQUEADA, Estado.ASSUMIDA} else estado]


def estados_do_pdv(nome: str) -> set[Estado]:
    """The states that the POS is shown by that name."""
    return {estado for estado, mostrado in _NOME_NO_PDV.items() if mostrado == nome}
