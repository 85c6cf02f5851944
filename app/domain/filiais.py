"""Which branches the goods come from, where that was left to the gateway or the branch asked is short (R29). Pure.

A line comes from the first branch of a list that has it all; else it is split in whole packages, from each branch what
it has, in the order of the list. A kit's components come from one branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.contra_oferta import vendavel
from app.domain.dinheiro import CONTEXTO, MICRO, ZERO, arredondar, valor_da_linha
from app.domain.estoque import Chave, RegraDeEstoque, Unidades, por_embalagem, somar_necessidades
from app.domain.itens import Linha
from app.domain.medida import inteira_dita, para_cima

# The branches that each line may come from, by its index, in their order.
Candidatas = Mapping[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class FilialEscolhida:
    """So many packages of an item (its index) come from a branch."""

    item: int
    filial: str
    quantidade: Decimal


@dataclass(frozen=True, slots=True)
class EscolhaDeFilial:
    """The lines with the branches they come from, and what was chosen; a line that the branches do not have is whole in
    the first of them, where it will be short."""

    linhas: Sequence[Linha]
    escolhidas: tuple[FilialEscolhida, ...]


def na_filial(linha: Linha, filial: str) -> Linha:
    """The whole line from a branch."""
    return linha if linha.filial_retira == filial else linha._replace(filial_retira=filial)


def chaves_possiveis(linhas: Iterable[Linha], candidatas: Candidatas, modo_kit: str) -> dict[Chave, Decimal]:
    """The stock rows that may be asked, in lock order (R20), with what would be asked of each at the most."""
    if not candidatas:
        return somar_necessidades(linhas, modo_kit)
    onde = (
        na_filial(linha, filial) for linha in linhas for filial in candidatas.get(linha.indice, (linha.filial_retira,))
    )
    return somar_necessidades(onde, modo_kit)


def escolher(
    linhas: Sequence[Linha], candidatas: Candidatas, livres: Unidades, regra: RegraDeEstoque
) -> EscolhaDeFilial:
    """Choose the branches of the lines that have candidates; the others have first what they ask for.

    ``livres``: what the stock rows may give; one that is missing has none.
    """
    abertas = [linha for linha in linhas if linha.indice in candidatas]
    resto = _Resto(livres, regra)
    for linha in linhas:
        if linha.indice not in candidatas:
            resto.tirar(linha)
    cheias = _encher_todas(abertas, candidatas, resto)
    feitas: list[Linha] = []
    escolhidas: list[FilialEscolhida] = []
    proximo = max((linha.numseq for linha in linhas), default=0) + 1
    for linha in linhas:
        if linha.indice not in candidatas:
            feitas.append(linha)
            continue
        partes = cheias[linha.indice]
        if partes.falta:
            feitas.append(na_filial(linha, candidatas[linha.indice][0]))
            continue
        escolhidas += [FilialEscolhida(linha.indice, filial, q) for filial, q in partes.tomadas]
        divididas = _dividir(linha, partes.tomadas, proximo)
        proximo += len(divididas) - 1
        feitas += divididas
    return EscolhaDeFilial(feitas, tuple(escolhidas))


@dataclass(frozen=True, slots=True)
class Partes:
    """Packages of a line by the branch that gives them, and those that nobody has."""

    tomadas: Sequence[tuple[str, Decimal]]
    falta: Decimal = ZERO

    @property
    def quantidade(self) -> Decimal:
        return sum((quantidade for _, quantidade in self.tomadas), ZERO)


def preencher(
    linhas: Sequence[Linha], lista: Sequence[str], livres: Unidades, regra: RegraDeEstoque, abertas: Candidatas
) -> dict[int, Partes] | None:
    """The branches that would give the lines whole: the one that each asks for where that has it all, else those of
    ``lista``; None when they do not have everything. ``abertas``: lines that ask for no branch."""
    resto = _Resto(livres, regra)
    feitas: dict[int, Partes] = {}
    curtas: list[Linha] = []
    for linha in linhas:
        if linha.indice not in abertas and resto.cabe(linha):
            resto.tirar(linha)
            feitas[linha.indice] = Partes([(linha.filial_retira, _pacotes(linha))])
        else:
            curtas.append(linha)
    cheias = _encher_todas(curtas, {linha.indice: lista for linha in curtas}, resto)
    return None if any(partes.falta for partes in cheias.values()) else feitas | cheias


def em_parte(linha: Linha, filiais: Sequence[str], livres: dict[Chave, Decimal], regra: RegraDeEstoque) -> Decimal:
    """Packages of the line that the branches have together; they are taken out of ``livres``."""
    resto = _Resto(livres, regra)
    partes = _encher(linha, filiais, resto)
    livres.update(resto.livres)
    return partes.quantidade


def gastar(linha: Linha, pacotes: Decimal, livres: dict[Chave, Decimal], regra: RegraDeEstoque) -> None:
    """Take so many packages of the line out of what its branch may give."""
    for chave, q in por_embalagem(linha, regra.modo_kit).items():
        livres[chave] = livres.get(chave, ZERO) - para_cima(q * Fraction(pacotes))


class _Resto:
    """What the stock rows may still give."""

    def __init__(self, livres: Unidades, regra: RegraDeEstoque) -> None:
        self.livres = dict(livres)
        self.regra = regra

    def copia(self) -> _Resto:
        return _Resto(self.livres, self.regra)

    def cabe(self, linha: Linha) -> bool:
        """Whether the branch of the line has it all, but for the six decimals in which it was said (R3)."""
        folga = ZERO if linha.componentes else linha.folga
        pedidas = somar_necessidades([linha], self.regra.modo_kit)
        if not all(chave in self.livres for chave in pedidas):
            return False
        sem_limite = linha.filial_retira in self.regra.sem_estoque
        return sem_limite or all(
            q <= self.livres[chave] or q - self.livres[chave] < folga for chave, q in pedidas.items()
        )

    def tirar(self, linha: Linha) -> None:
        for chave, quantidade in somar_necessidades([linha], self.regra.modo_kit).items():
            self.livres[chave] = self.livres.get(chave, ZERO) - quantidade

    def tomar(self, linha: Linha, maximo: Decimal) -> Decimal:
        """Take as many packages as the branch of the line can give, ``maximo`` at the most."""
        precisa = por_embalagem(linha, self.regra.modo_kit)
        cabe = min(Fraction(max(self.livres.get(chave, ZERO), ZERO)) / q for chave, q in precisa.items())
        tomados = vendavel(linha, min(cabe, Fraction(maximo)))
        gastar(linha, tomados, self.livres, self.regra)
        return tomados


def _pacotes(linha: Linha) -> Decimal:
    return linha.item.quantidade or Decimal(1)


def _encher_todas(linhas: Sequence[Linha], candidatas: Candidatas, resto: _Resto) -> dict[int, Partes]:
    """The lines from their branches; in the order in which they were sent, and where that leaves one short, those that
    are harder to split first."""
    feitas: dict[int, Partes] = {}
    for ordem in (linhas, sorted(linhas, key=_dificuldade, reverse=True)):
        tentado = resto.copia()
        feitas = {linha.indice: _encher(linha, candidatas[linha.indice], tentado) for linha in ordem}
        if not any(partes.falta for partes in feitas.values()):
            break
    resto.livres = tentado.livres if linhas else resto.livres
    return feitas


def _dificuldade(linha: Linha) -> tuple[bool, Fraction]:
    return bool(linha.componentes), Fraction(linha.exata) / Fraction(_pacotes(linha))


def _encher(linha: Linha, filiais: Sequence[str], resto: _Resto) -> Partes:
    """Packages of the line from the first branch that has it all, else from each what it has."""
    pedida = _pacotes(linha)
    for filial in filiais:
        inteira = na_filial(linha, filial)
        if resto.cabe(inteira):
            resto.tirar(inteira)
            return Partes([(filial, pedida)])
    tomadas: list[tuple[str, Decimal]] = []
    falta = pedida
    for filial in filiais:
        tomados = resto.tomar(na_filial(linha, filial), falta)
        if tomados:
            tomadas.append((filial, tomados))
            falta -= tomados
    return Partes(tomadas, max(falta, ZERO))


def _dividir(linha: Linha, tomadas: Sequence[tuple[str, Decimal]], proximo: int) -> list[Linha]:
    """The line by the branches that give it; the first part keeps its number, the parts together its units and its
    value to the cent."""
    if len(tomadas) == 1:
        return [na_filial(linha, tomadas[0][0])]
    partes: list[Linha] = []
    qt, valor = linha.qt, linha.valor
    for n, (filial, quantidade) in enumerate(tomadas):
        exata = CONTEXTO.divide(CONTEXTO.multiply(linha.exata, quantidade), _pacotes(linha))
        ultima = n == len(tomadas) - 1
        inteira = None if linha.produto.aceita_fracao else inteira_dita(exata, linha.folga)
        da_parte = qt if ultima else inteira if inteira is not None else arredondar(exata, MICRO)
        vale = valor if ultima else valor_da_linha(quantidade, linha.item.preco or ZERO)
        qt, valor = qt - da_parte, valor - vale
        item = linha.item._replace(quantidade=quantidade, filial_entrega=filial)
        numseq = linha.numseq if n == 0 else proximo + n - 1
        partes.append(
            linha._replace(item=item, numseq=numseq, qt=da_parte, exata=exata, valor=vale, filial_retira=filial)
        )
    return partes


def dividir_desconto(desconto: Decimal, pedida: Decimal, partes: Sequence[Decimal], quantum: Decimal) -> list[Decimal]:
    """The discount of a whole line by its parts, to the quantum; together they are what it was."""
    feitos: list[Decimal] = []
    for n, quantidade in enumerate(partes):
        if n == len(partes) - 1:
            feitos.append(desconto - sum(feitos, ZERO))
        else:
            proporcao = CONTEXTO.divide(CONTEXTO.multiply(desconto, quantidade), pedida)
            feitos.append(min(arredondar(proporcao, quantum), desconto))
    return feitos
