"""Lines of a live reservation that are to come from other branches (R29). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.dinheiro import ZERO
from app.domain.estoque import Chave
from app.domain.linhas import LinhaGravada, unidades


@dataclass(frozen=True, slots=True)
class LinhaARemanejar:
    """A line, by its NUMSEQ, and the branch that it is to come from."""

    numseq: int
    filial: str


@dataclass(frozen=True, slots=True)
class LinhaRemanejada:
    """A line that comes from another branch now; ``quantidade`` in base units. ``codprod`` is None where a stored
    answer tells of it."""

    numseq: int
    de: str
    para: str
    quantidade: Decimal
    codprod: int | None = None


def remanejadas(linhas: Iterable[LinhaGravada], pedidas: Sequence[LinhaARemanejar]) -> list[LinhaRemanejada]:
    """The lines that change their branch; one that is asked to stay where it is does not."""
    para = {pedida.numseq: pedida.filial for pedida in pedidas}
    return [
        LinhaRemanejada(linha.numseq, linha.filial, para[linha.numseq], linha.qt, linha.codprod)
        for linha in linhas
        if linha.numseq in para and para[linha.numseq] != linha.filial
    ]


def depois(linhas: Iterable[LinhaGravada], movidas: Iterable[LinhaRemanejada]) -> list[LinhaGravada]:
    """Those of the lines that are moved, in the branches that they come from now."""
    para = {(movida.numseq, movida.codprod): movida.para for movida in movidas}
    return [
        replace(linha, filial=para[linha.numseq, linha.codprod])
        for linha in linhas
        if (linha.numseq, linha.codprod) in para
    ]


def antes(linhas: Iterable[LinhaGravada], movidas: Iterable[LinhaRemanejada]) -> list[LinhaGravada]:
    """The same in the branches that they came from."""
    de = {(movida.numseq, movida.codprod): movida.de for movida in movidas}
    return [
        replace(linha, filial=de[linha.numseq, linha.codprod])
        for linha in linhas
        if (linha.numseq, linha.codprod) in de
    ]


def variacoes(
    linhas: Iterable[LinhaGravada], movidas: Iterable[LinhaRemanejada], modo_kit: str
) -> dict[Chave, Decimal]:
    """By how much what is held of each stock row changed by the moves that a stored answer tells of, units of kits by
    the mode they are held in."""
    por_numseq = {linha.numseq: linha for linha in linhas}
    soma: dict[Chave, Decimal] = {}
    for movida in movidas:
        linha = por_numseq.get(movida.numseq)
        if linha is None:
            continue
        for filial, sinal in ((movida.de, -1), (movida.para, 1)):
            da_linha = replace(linha, filial=filial, qt=movida.quantidade)
            for chave, quantidade in unidades([da_linha], modo_kit).items():
                soma[chave] = soma.get(chave, ZERO) + sinal * quantidade
    return soma
