"""What came of an operation, whole: what its answer says and its log row keeps. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.estoque import Unidades
from app.domain.eventos import TipoDeEvento
from app.domain.filiais import FilialEscolhida
from app.domain.recusas import Aviso
from app.domain.remanejamento import LinhaARemanejar, LinhaRemanejada
from app.domain.vida import Efeito, Estado, nome_no_pdv


@dataclass(frozen=True, slots=True)
class ItemDaEntrega:
    """A line of a delivery; ``quantidade`` in base units."""

    numseq: int
    filial: str
    quantidade: Decimal


@dataclass(frozen=True, slots=True)
class EntregaDaVenda:
    """A delivery of a paid order (R23). ``numped`` is None in a rehearsal; ``tipo``: RP, EN or EF."""

    numped: int | None
    tipo: str
    itens: tuple[ItemDaEntrega, ...]


@dataclass(frozen=True, slots=True)
class Remanejamento:
    """Lines of a reservation that come from other branches now, or would; ``mensagem`` is for a person (R29)."""

    numped: int
    mensagem: str
    linhas: Sequence[LinhaRemanejada]


@dataclass(frozen=True, slots=True)
class ColunaMudada:
    """A column of a customer that was changed; of one by which he is reached also what it held and holds, masked."""

    coluna: str
    antes: str | None = None
    depois: str | None = None


@dataclass(frozen=True, slots=True)
class CadastroMudado:
    """What a payment changed of a customer that existed: whose, by which login, whether his document was sent."""

    codcli: int
    login: str
    confere: bool
    colunas: tuple[ColunaMudada, ...]

    @property
    def no_log(self) -> dict[str, Any]:
        """As the log row keeps it."""
        return {
            "codcli": self.codcli,
            "login": self.login,
            "documento": "confere" if self.confere else "não enviado",
            "colunas": [
                {"coluna": c.coluna, **({"antes": c.antes, "depois": c.depois} if c.antes or c.depois else {})}
                for c in self.colunas
            ],
        }


@dataclass(frozen=True, slots=True)
class Desfecho:
    """What an operation made of a reservation.

    ``efeito`` is what it did. ``estado`` is the one that counts, ``registrado`` what the gateway records, ``posicao``
    where the order is now.
    ``expira`` is aware, in the zone of the branch's state. ``registro``: members that the log row of an internal action
    has beside those of its request. ``eventos``: what is told of it (R27), None: what its effect says. ``cadastro``:
    what it changed of a customer, for its log row. ``variacoes``: what a payment or a cancellation changed QTRESERV by,
    None of other operations.
    """

    numped: int
    efeito: Efeito
    estado: Estado
    registrado: Estado
    posicao: str | None
    filial: str
    codcli: int
    codusur: int
    total: Decimal
    expira: dt.datetime | None
    substitui: int | None
    mensagem: str
    avisos: tuple[Aviso, ...] = ()
    http: int = 200
    registro: Mapping[str, Any] = field(default_factory=dict)
    entregas: tuple[EntregaDaVenda, ...] = ()
    eventos: tuple[TipoDeEvento, ...] | None = None
    filiais_escolhidas: tuple[FilialEscolhida, ...] = ()
    remanejadas: tuple[LinhaRemanejada, ...] = ()
    cadastro: CadastroMudado | None = None
    variacoes: Unidades | None = None

    @property
    def escolhidas_ou_nada(self) -> tuple[FilialEscolhida, ...] | None:
        """The branches that were chosen; None when none was left to the gateway (R29)."""
        return self.filiais_escolhidas or None

    @property
    def entregas_ou_nada(self) -> tuple[EntregaDaVenda, ...] | None:
        """The deliveries; None when the order leaves whole."""
        return self.entregas or None

    @property
    def no_pdv(self) -> str:
        """The state by the POS's name."""
        return nome_no_pdv(self.estado, self.registrado)


@dataclass(frozen=True, slots=True)
class Aceite:
    """What an accepted request is told. ``numped`` is None where there is no number yet: in a rehearsal."""

    numped: int | None
    numero: str | None
    operacao: str
    mensagem: str
    avisos: Sequence[Aviso]
    desfecho: Desfecho


@dataclass(frozen=True, slots=True)
class Liberada:
    """Base units that a correction has freed in a stock row."""

    filial: str
    codprod: int
    quantidade: Decimal


@dataclass(frozen=True, slots=True)
class AcaoInterna:
    """An action that no POS asked for, as its log row keeps it; what it does not have is None.

    ``ate``, ``expirou``: the new end of an extension, the end that an expired reservation had. ``tipo``, ``liberadas``:
    the difference that a correction mends, and the units it has freed. ``linhas``: those to move.
    """

    acao: str
    numped: int
    numero: str
    filial: str
    expirou: dt.datetime | None = None
    motivo: str | None = None
    codcob: str | None = None
    ate: dt.datetime | None = None
    tipo: str | None = None
    liberadas: tuple[Liberada, ...] | None = None
    linhas: tuple[LinhaARemanejar, ...] | None = None


@dataclass(frozen=True, slots=True)
class RespostaGravada:
    """What a stored answer says of its operation; what it does not say is None, or empty.

    ``situacao`` is the state of the reservation, ``expira`` its end in the zone of the branch, ``substitui`` the number
    it replaced. ``avisos`` and ``erros``: as they were answered; ``linhas``: those that a move has moved.
    """

    mensagem: str = ""
    situacao: str | None = None
    expira: dt.datetime | None = None
    substitui: int | None = None
    avisos: Sequence[Mapping[str, Any]] = ()
    erros: Sequence[Mapping[str, Any]] = ()
    linhas: Sequence[LinhaRemanejada] = ()
