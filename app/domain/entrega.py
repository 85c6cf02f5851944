"""What a payment makes of the lines of its order: branch, type and day of delivery, lines taken apart (R22), and the
deliveries they leave by (R23). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.dinheiro import CENTAVO, CONTEXTO, ZERO, arredondar
from app.domain.estoque import Chave, RegraDeEstoque, Unidades
from app.domain.linhas import TIPOS_DE_ENTREGA, LinhaGravada, unidades
from app.domain.pagamento import Parcela
from app.domain.pre_venda import AUTO, Item
from app.domain.retencao import A_ENTREGAR


@dataclass(frozen=True, slots=True)
class LinhaPaga:
    """A line of the paid order as it is to be. ``origem``: the stored line that it is, or was a part of; ``item``: the
    first item of the payment that speaks of it."""

    origem: LinhaGravada
    linha: LinhaGravada
    item: Item | None

    @property
    def nova(self) -> bool:
        return self.linha.numseq != self.origem.numseq

    @property
    def mudou(self) -> bool:
        return self.linha != self.origem

    @property
    def valor(self) -> Decimal:
        """R$, to the cent."""
        return arredondar(CONTEXTO.multiply(self.linha.qt, self.linha.pvenda), CENTAVO)


@dataclass(frozen=True, slots=True)
class PlanoDaEntrega:
    """What the lines become. ``sem_estoque``: items whose branch is short, so that their units stay where they are."""

    linhas: tuple[LinhaPaga, ...]
    sem_estoque: tuple[Item, ...] = ()

    def saem(self, modo_kit: str) -> dict[Chave, Decimal]:
        """Units that leave the branches that hold them."""
        return unidades((replace(m.linha, filial=m.origem.filial) for m in self._mudadas()), modo_kit)

    def chegam(self, modo_kit: str) -> dict[Chave, Decimal]:
        """The same units in the branches that get them."""
        return unidades((m.linha for m in self._mudadas()), modo_kit)

    def _mudadas(self) -> list[LinhaPaga]:
        return [m for m in self.linhas if m.linha.filial != m.origem.filial]

    @property
    def a_entregar(self) -> dict[str, list[LinhaPaga]]:
        """The lines that leave later, by the type of their delivery, in the order of the contract (R23)."""
        tipos = [tipo for tipo in TIPOS_DE_ENTREGA.values() if tipo in A_ENTREGAR]
        por_tipo = {tipo: [m for m in self.linhas if m.linha.tipo_entrega == tipo] for tipo in tipos}
        return {tipo: linhas for tipo, linhas in por_tipo.items() if linhas}


def filial_pedida(parcela: Parcela) -> str:
    """The branch that the units are to come from; one that was given at the reservation stays (R22)."""
    enviada = None if parcela.item is None else parcela.item.filial_entrega
    return parcela.linha.filial if enviada in {None, AUTO} else enviada or ""


def chaves_das_mudancas(parcelas: Iterable[Parcela], modo_kit: str) -> set[Chave]:
    """The stock rows, old and new, of the units that are to come from another branch."""
    mudam = [(p.linha, filial_pedida(p)) for p in parcelas if filial_pedida(p) != p.linha.filial]
    return {
        chave
        for linha, filial in mudam
        for onde in (linha.filial, filial)
        for chave in unidades([replace(linha, filial=onde)], modo_kit)
    }


def planejar_entrega(
    parcelas: Sequence[Parcela],
    livres: Unidades,
    regra: RegraDeEstoque,
    *,
    modo_kit: str,
    julga: bool = True,
    fica: bool = False,
    proximo: int,
) -> PlanoDaEntrega:
    """What each line becomes by what its items say; one that several say differently of is taken apart.

    ``livres``: what the stock rows of the new branches may give; an item whose branch is short leaves its units where
    they are. ``julga``: whether the units are counted at all; ``fica``: nothing may change. ``proximo``: the first
    NUMSEQ that is free.
    """
    if fica:
        return PlanoDaEntrega(tuple(LinhaPaga(p.linha, p.linha, p.item) for p in _inteiras(parcelas)))
    restam = dict(livres)
    sem_estoque: list[Item] = []
    partes: dict[tuple[int, int], list[LinhaPaga]] = {}
    for parcela in parcelas:
        filial = filial_pedida(parcela)
        if filial != parcela.linha.filial and julga and not _cabe(parcela, filial, restam, regra, modo_kit):
            filial = parcela.linha.filial
            if parcela.item is not None:
                sem_estoque.append(parcela.item)
        _juntar(partes.setdefault((parcela.linha.numseq, parcela.linha.codprod), []), parcela, filial)
    finais: list[LinhaPaga] = []
    for da_linha in partes.values():
        # The part that stays in its branch keeps the number of the line.
        da_linha.sort(key=lambda m: m.linha.filial != m.origem.filial)
        finais.append(da_linha[0])
        for parte in da_linha[1:]:
            finais.append(replace(parte, linha=replace(parte.linha, numseq=proximo)))
            proximo += 1
    return PlanoDaEntrega(tuple(sorted(finais, key=lambda m: m.linha.numseq)), tuple(dict.fromkeys(sem_estoque)))


def _inteiras(parcelas: Iterable[Parcela]) -> list[Parcela]:
    return list({(p.linha.numseq, p.linha.codprod): p for p in parcelas}.values())


def _cabe(parcela: Parcela, filial: str, restam: dict[Chave, Decimal], regra: RegraDeEstoque, modo_kit: str) -> bool:
    """Whether the branch has the units; they are taken out of ``restam``."""
    pedidas = unidades([replace(parcela.linha, filial=filial, qt=parcela.qt)], modo_kit)
    cabe = filial in regra.sem_estoque or all(
        chave in restam and restam[chave] >= quantidade for chave, quantidade in pedidas.items()
    )
    cabe = cabe and all(chave in restam for chave in pedidas)
    if cabe:
        for chave, quantidade in pedidas.items():
            restam[chave] -= quantidade
    return cabe


def _juntar(partes: list[LinhaPaga], parcela: Parcela, filial: str) -> None:
    """Add the units to the part of the line that leaves in the same way."""
    linha, item = parcela.linha, parcela.item
    tipo, entrega = linha.tipo_entrega, linha.entrega
    if item is not None and item.tipo_entrega is not None:
        tipo = TIPOS_DE_ENTREGA[item.tipo_entrega]
    if item is not None and item.data_entrega is not None:
        entrega = item.data_entrega
    for n, parte in enumerate(partes):
        if (parte.linha.filial, parte.linha.tipo_entrega, parte.linha.entrega) == (filial, tipo, entrega):
            partes[n] = replace(parte, linha=replace(parte.linha, qt=parte.linha.qt + parcela.qt))
            return
    final = replace(linha, qt=parcela.qt, filial=filial, tipo_entrega=tipo, entrega=entrega)
    partes.append(LinhaPaga(linha, final, item))


def primeira_entrega(linhas: Iterable[LinhaPaga], dia_do_pedido: dt.date | None) -> dt.date | None:
    """The earliest day of delivery that was ever given; a line of which none was has the day of its order."""
    dadas = [m.linha.entrega for m in linhas if m.linha.entrega is not None and m.linha.entrega != dia_do_pedido]
    return min(dadas, default=None)


def somar_valor(linhas: Iterable[LinhaPaga]) -> Decimal:
    return sum((m.valor for m in linhas), ZERO)


def somar(linhas: Iterable[LinhaPaga], por_unidade: Callable[[LinhaGravada], Decimal]) -> Decimal:
    """Σ units × what one of each line is worth, weighs or costs."""
    return sum((CONTEXTO.multiply(m.linha.qt, por_unidade(m.linha)) for m in linhas), ZERO)
