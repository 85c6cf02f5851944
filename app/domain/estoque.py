"""Is there stock for it, and what does each QTRESERV change by? One plan answers both (R4, R5, R10). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain.dinheiro import MICRO, ZERO, texto
from app.domain.itens import Linha, LinhaKit
from app.domain.medida import para_baixo
from app.domain.recusas import FaltaExplicada, FilialComEstoque, Problema

# The row of stock: (CODFILIAL, CODPROD).
Chave = tuple[str, int]
Unidades = Mapping[Chave, Decimal]


class Saldo(NamedTuple):
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
    def unidades(self) -> tuple[Decimal, ...]:
        """All but the costs."""
        return (self.qtestger, self.qtreserv, self.qtbloqueada, self.qtpendente, self.qtindustria)

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


def mesmas_unidades(uns: Mapping[Chave, Saldo], outros: Mapping[Chave, Saldo]) -> bool:
    """Whether rows that were read twice hold the same, their costs apart: what was planned for them stands."""
    return uns.keys() == outros.keys() and all(saldo.unidades == outros[chave].unidades for chave, saldo in uns.items())


@dataclass(frozen=True, slots=True)
class RegraDeEstoque:
    """What the site decided about its stock: ``desconta``, further columns of PCEST that are not for sale;
    ``sem_estoque``, branches that may sell without stock; ``modo_kit``, what a kit is reserved on; ``protegido``: what
    of each row is kept for others than who asks (R30)."""

    desconta: Collection[str] = ()
    sem_estoque: Collection[str] = ()
    modo_kit: str = "components"
    protegido: Unidades = field(default_factory=dict)

    def guardando(self, protegido: Unidades) -> RegraDeEstoque:
        """The same for somebody from whom so much is kept."""
        return replace(self, protegido=protegido) if protegido else self


@dataclass(frozen=True, slots=True)
class Falta:
    """A stock row that cannot give what is asked. ``disponivel``: what it could give, never below zero;
    ``protegido``: what it has besides and is kept for others (R30)."""

    filial: str
    codprod: int
    pedida: Decimal
    disponivel: Decimal
    protegido: Decimal = ZERO

    @property
    def chave(self) -> Chave:
        return self.filial, self.codprod


@dataclass(frozen=True, slots=True)
class Plano:
    """What comes of freeing and reserving units, whole: the decision and the write (R4, R10). Base units.

    ``livres``: what each row read may give, the units freed counted in; below zero when it is overdrawn.
    ``faltas``: the rows that are short; when there is one, nothing is to be written.
    ``variacoes``: what QTRESERV changes by, counted from zero where it is below; a row that keeps its value is not in.
    ``protegidas``: what is free and kept for others, in the rows where something is (R30).
    """

    livres: Unidades
    faltas: tuple[Falta, ...]
    variacoes: Unidades
    protegidas: Unidades = field(default_factory=dict)


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
    What is kept for others is of what is free now: what the order itself gives back stays its own (R30).
    """
    liberar, reservar = liberar or {}, reservar or {}
    livres: dict[Chave, Decimal] = {}
    variacoes: dict[Chave, Decimal] = {}
    protegidas: dict[Chave, Decimal] = {}
    faltas: list[Falta] = []
    for chave in sorted({*saldos, *liberar, *reservar}):
        saldo, pedida = saldos.get(chave), reservar.get(chave, ZERO)
        if saldo is None:
            if pedida:
                faltas.append(Falta(*chave, pedida, ZERO))
            continue
        liberada = min(liberar.get(chave, ZERO), saldo.reservado)
        livre = saldo.disponivel(regra.desconta)
        guardado = min(regra.protegido.get(chave, ZERO), max(livre, ZERO))
        livres[chave] = livre - guardado + liberada
        if guardado:
            protegidas[chave] = guardado
        # Own units never block, also in a row that is overdrawn.
        cabe = pedida <= liberada or pedida <= livres[chave] or chave[0] in regra.sem_estoque
        if pedida and not cabe:
            faltas.append(Falta(*chave, pedida, max(livres[chave], ZERO), guardado))
        variacao = pedida - liberada
        if variacao or (saldo.qtreserv < 0 and (chave in liberar or chave in reservar)):
            variacoes[chave] = variacao
    return Plano(livres, tuple(faltas), variacoes, protegidas)


def somar_necessidades(linhas: Iterable[Linha], modo_kit: str) -> dict[Chave, Decimal]:
    """Base units asked of each stock row, loose lines and kit components together (R5), in lock order (R20)."""
    soma: dict[Chave, Decimal] = {}
    for linha in linhas:
        for codprod, componente in _partes(linha, modo_kit):
            chave = (linha.filial_retira, codprod)
            quantidade = linha.qt if componente is None else componente.qtmp * linha.qt
            soma[chave] = soma.get(chave, ZERO) + quantidade
    return dict(sorted(soma.items()))


def _partes(linha: Linha, modo_kit: str) -> Sequence[tuple[int, LinhaKit | None]]:
    """What a line asks units of: its own product (None), or its components."""
    if not linha.componentes:
        return ((linha.produto.codprod, None),)
    partes: list[tuple[int, LinhaKit | None]] = []
    if modo_kit in {"header", "both"}:
        partes.append((linha.produto.codprod, None))
    if modo_kit in {"components", "both"}:
        partes += [(componente.produto.codprod, componente) for componente in linha.componentes]
    return partes


def por_embalagem(linha: Linha, modo_kit: str) -> dict[Chave, Fraction]:
    """Base units that one package of the line asks of each stock row, exact; of a component whose QTMP was rounded up,
    as its row will ask."""
    fator = Fraction(linha.exata) / Fraction(linha.item.quantidade or 1)
    return {
        (linha.filial_retira, codprod): fator
        if componente is None
        else fator * max(componente.exata, Fraction(componente.qtmp))
        for codprod, componente in _partes(linha, modo_kit)
    }


def ajustar(linhas: Sequence[Linha], alvos: Mapping[Chave, Iterable[Decimal]], modo_kit: str) -> Sequence[Linha]:
    """The lines with the units that their quantities stand for (R3): where what they ask of a stock row is, but for
    the six decimals in which it was said, one of ``alvos`` (what the reservation holds, all that is available), they
    ask for that.

    The same lines where nothing changes. What a kit takes changes by its components' QTMP, never to more than that.
    """
    pedem: dict[Chave, list[tuple[int, LinhaKit | None]]] = {}
    for n, linha in enumerate(linhas):
        for codprod, componente in _partes(linha, modo_kit):
            pedem.setdefault((linha.filial_retira, codprod), []).append((n, componente))
    feitas = list(linhas)
    for chave, quem in pedem.items():
        for alvo in alvos.get(chave, ()):
            if _encostar(feitas, quem, para_baixo(alvo)):
                break
    return feitas if any(feita is not linha for feita, linha in zip(feitas, linhas, strict=True)) else linhas


def _encostar(linhas: list[Linha], quem: Sequence[tuple[int, LinhaKit | None]], alvo: Decimal) -> bool:
    """Bring the sum of what some lines ask as near to ``alvo`` as it can be said; whether that is what they mean."""
    soma, folga, arredondamentos = ZERO, ZERO, ZERO
    for n, c in quem:
        linha = linhas[n]
        if c is None:
            soma, folga, arredondamentos = soma + linha.qt, folga + linha.folga, arredondamentos + MICRO
        else:
            soma += c.qtmp * linha.qt
            folga += c.folga * linha.qt
            arredondamentos += MICRO * linha.qt
    if soma == alvo:
        return True
    if abs(soma - alvo) >= folga + arredondamentos:
        return False  # far away, as a rule: nothing to be weighed exactly
    partes = (Fraction(linhas[n].exata) if c is None else c.exata * Fraction(linhas[n].qt) for n, c in quem)
    exata, alvo_exato = sum(partes, Fraction()), Fraction(alvo)
    if abs(exata - alvo_exato) >= Fraction(folga) and not exata <= alvo_exato < Fraction(soma):
        return False
    resto = alvo - soma
    for n, componente in reversed(quem):
        linha = linhas[n]
        feita, mudou = _mais(linha, resto) if componente is None else _mais_do_componente(linha, componente, resto)
        linhas[n] = feita
        resto -= mudou
    return True


def _mais(linha: Linha, quanto: Decimal) -> tuple[Linha, Decimal]:
    """A loose line with so much more, as far as its quantity may mean that; and how much it is."""
    if linha.componentes or not linha.produto.aceita_fracao:
        return linha, ZERO
    maior = para_baixo(linha.exata + linha.folga)
    menor = -para_baixo(linha.folga - linha.exata)
    # The limits themselves are not meant any more.
    maior, menor = (v - s if abs(v - linha.exata) == linha.folga else v for v, s in ((maior, MICRO), (menor, -MICRO)))
    qt = max(menor, min(maior, linha.qt + quanto))
    return (linha._replace(qt=qt), qt - linha.qt) if 0 < menor <= maior else (linha, ZERO)


def _mais_do_componente(linha: Linha, componente: LinhaKit, quanto: Decimal) -> tuple[Linha, Decimal]:
    """A kit line with so much more of a component or a little less, as far as its QTMP may mean that."""
    qtmp = para_baixo(Fraction(componente.qtmp * linha.qt + quanto) / Fraction(linha.qt))
    perto = abs(Fraction(qtmp) - componente.exata) < Fraction(max(componente.folga, MICRO))
    if qtmp <= 0 or not perto or (quanto > 0 and not componente.produto.aceita_fracao):
        return linha, ZERO
    codprod = componente.produto.codprod
    partes = (replace(c, qtmp=qtmp) if c.produto.codprod == codprod else c for c in linha.componentes)
    return linha._replace(componentes=tuple(partes)), (qtmp - componente.qtmp) * linha.qt


def ajustar_as_reservadas(linhas: Sequence[Linha], reservadas: Iterable[tuple[Chave, Decimal]]) -> Sequence[Linha]:
    """The lines, loose ones with the units of the reserved line that their quantities stand for (R3).

    ``reservadas``: stock row and units of each stored line. The same lines where nothing changes.
    """
    guardadas: dict[Chave, list[Decimal]] = {}
    for chave, qt in reservadas:
        guardadas.setdefault(chave, []).append(qt)
    feitas = []
    for linha in linhas:
        proximas = guardadas.get((linha.filial_retira, linha.produto.codprod), []) if not linha.componentes else []
        ditas = [qt for qt in proximas if qt == linha.qt or abs(qt - linha.exata) < linha.folga]
        if not ditas:
            feitas.append(linha)
            continue
        qual = linha.qt if linha.qt in ditas else ditas[0]
        proximas.remove(qual)
        feitas.append(_mais(linha, qual - linha.qt)[0] if qual != linha.qt else linha)
    return feitas if any(feita is not linha for feita, linha in zip(feitas, linhas, strict=True)) else linhas


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
            f"disponível {texto(falta.disponivel)}{_protegido(falta)}.",
            f"/preVendaItens/{itens[falta.chave][0]}/quantidade" if itens.get(falta.chave) else None,
            falta=FaltaExplicada(
                codprod=falta.codprod,
                filial=falta.filial,
                pedida=falta.pedida,
                disponivel=falta.disponivel,
                protegido=falta.protegido or None,
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


def _protegido(falta: Falta) -> str:
    return f" (e {texto(falta.protegido)} guardado para outros)" if falta.protegido else ""
