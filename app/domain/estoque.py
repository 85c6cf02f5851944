"""Is there stock for it, and what does each QTRESERV change by? One plan answers both (R4, R5, R10). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.dinheiro import ZERO, texto
from app.domain.itens import Linha
from app.domain.recusas import FaltaExplicada, FilialComEstoque, Problema

# The row of stock: (CODFILIAL, CODPROD).
Chave = tuple[str, int]
Unidades = Mapping[Chave, Decimal]


@dataclass(frozen=True, slots=True)
class Saldo:
    """A row of PCEST as it was read, in base units; NULL is 0. Other sessions may have left a counter below zero."""

    qtestger: Decimal = ZERO
    qtreserv: Decimal = ZERO
    qtbloqueada: Decimal = ZERO
    qtpendente: Decimal = ZERO
    qtindustria: Decimal = ZERO
    custoreal: Decimal = ZERO
    custofin: Decimal = ZERO
    custorep: Decimal = ZERO
    custocont: Decimal = ZERO

    @property
    def reservado(self) -> Decimal:
        """What QTRESERV counts; a counter below zero holds nothing (R4)."""
        return max(self.qtreserv, ZERO)

    def disponivel(self, desconta: Collection[str] = ()) -> Decimal:
        """What may be sold (R4); below zero when the row is already overdrawn. What subtracts never adds."""
        livre = self.qtestger - self.reservado - max(self.qtbloqueada, ZERO)
        if "QTPENDENTE" in desconta:
            livre -= max(self.qtpendente, ZERO)
        if "QTINDUSTRIA" in desconta:
            livre -= max(self.qtindustria, ZERO)
        return livre


@dataclass(frozen=True, slots=True)
class RegraDeEstoque:
    """What the site decided about its stock: ``desconta``, further columns of PCEST that are not for sale;
    ``sem_estoque``, branches that may sell without stock; ``modo_kit``, what a kit is reserved on."""

    desconta: Collection[str] = ()
    sem_estoque: Collection[str] = ()
    modo_kit: str = "components"


@dataclass(frozen=True, slots=True)
class Falta:
    """A stock row that cannot give what is asked. ``disponivel``: what it could give, never below zero."""

    filial: str
    codprod: int
    pedida: Decimal
    disponivel: Decimal

    @property
    def chave(self) -> Chave:
        return self.filial, self.codprod


@dataclass(frozen=True, slots=True)
class Plano:
    """What comes of freeing and reserving units, whole: the decision and the write (R4, R10). Base units.

    ``livres``: what each row read may give, the units freed counted in; below zero when it is overdrawn.
    ``faltas``: the rows that are short; when there is one, nothing is to be written.
    ``variacoes``: what QTRESERV changes by, counted from zero where it is below; a row that keeps its value is not in.
    """

    livres: Unidades
    faltas: tuple[Falta, ...]
    variacoes: Unidades


def planejar(
    saldos: Mapping[Chave, Saldo],
    regra: RegraDeEstoque = RegraDeEstoque(),
    *,
    liberar: Unidades | None = None,
    reservar: Unidades | None = None,
) -> Plano:
    """Plan to free the units ``liberar`` and to reserve the units ``reservar`` in the stock rows ``saldos``.

    Units are freed as far as the counter really holds them, and only what is freed may be asked for again: what a
    person or WinThor has already taken out of QTRESERV is not given back twice. No row in PCEST = nothing to sell.
    """
    liberar, reservar = liberar or {}, reservar or {}
    livres: dict[Chave, Decimal] = {}
    variacoes: dict[Chave, Decimal] = {}
    faltas: list[Falta] = []
    for chave in sorted({*saldos, *liberar, *reservar}):
        saldo, pedida = saldos.get(chave), reservar.get(chave, ZERO)
        if saldo is None:
            if pedida:
                faltas.append(Falta(*chave, pedida, ZERO))
            continue
        liberada = min(liberar.get(chave, ZERO), saldo.reservado)
        livres[chave] = saldo.disponivel(regra.desconta) + liberada
        # Own units never block, also in a row that is overdrawn.
        cabe = pedida <= liberada or pedida <= livres[chave] or chave[0] in regra.sem_estoque
        if pedida and not cabe:
            faltas.append(Falta(*chave, pedida, max(livres[chave], ZERO)))
        variacao = pedida - liberada
        if variacao or (saldo.qtreserv < 0 and (chave in liberar or chave in reservar)):
            variacoes[chave] = variacao
    return Plano(livres, tuple(faltas), variacoes)


def somar_necessidades(linhas: Iterable[Linha], modo_kit: str) -> dict[Chave, Decimal]:
    """Base units asked of each stock row, loose lines and kit components together (R5), in lock order (R20)."""
    soma: dict[Chave, Decimal] = {}
    for linha in linhas:
        for codprod, quantidade in _partes(linha, modo_kit):
            chave = (linha.filial_retira, codprod)
            soma[chave] = soma.get(chave, ZERO) + quantidade
    return dict(sorted(soma.items()))


def _partes(linha: Linha, modo_kit: str) -> Iterable[tuple[int, Decimal]]:
    if not linha.componentes:
        yield linha.produto.codprod, linha.qt
        return
    if modo_kit in {"header", "both"}:
        yield linha.produto.codprod, linha.qt
    if modo_kit in {"components", "both"}:
        for componente in linha.componentes:
            yield componente.produto.codprod, componente.qtmp * linha.qt


def itens_que_pedem(linhas: Iterable[Linha], modo_kit: str) -> dict[Chave, tuple[int, ...]]:
    """The indices of the items that ask for units of each stock row."""
    quem: dict[Chave, tuple[int, ...]] = {}
    for linha in linhas:
        for codprod in {codprod for codprod, _ in _partes(linha, modo_kit)}:
            chave = (linha.filial_retira, codprod)
            quem[chave] = (*quem.get(chave, ()), linha.indice)
    return quem


def problemas_das_faltas(
    faltas: Iterable[Falta],
    itens: Mapping[Chave, Sequence[int]],
    outras_filiais: Mapping[int, Mapping[str, Decimal]],
) -> list[Problema]:
    """One problem per short stock row: asked, available, the items that ask, and the branches that have it all."""
    return [
        Problema(
            "ESTOQUE_INSUFICIENTE",
            f"Produto {falta.codprod}, filial {falta.filial}: pedido {texto(falta.pedida)}, "
            f"disponível {texto(falta.disponivel)}.",
            f"/preVendaItens/{itens[falta.chave][0]}/quantidade" if itens.get(falta.chave) else None,
            falta=FaltaExplicada(
                codprod=falta.codprod,
                filial=falta.filial,
                pedida=falta.pedida,
                disponivel=falta.disponivel,
                itens=itens.get(falta.chave, ()),
                filiais_com_estoque=[
                    FilialComEstoque(filial, livre)
                    for filial, livre in sorted(outras_filiais.get(falta.codprod, {}).items())
                    if filial != falta.filial and livre >= falta.pedida
                ],
            ),
        )
        for falta in faltas
    ]
