"""From the pre-sale's items to order lines in base units: packages, kits, prices, discounts (R3, R5, R9). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.domain import dinheiro
from app.domain.dinheiro import CENTAVO, CONTEXTO, MICRO, ZERO, arredondar
from app.domain.medida import arredondada, em_unidades, folga_da_quantidade, inteira_dita, para_baixo
from app.domain.pre_venda import AUTO, IdProduto, Item, ItemKit, PreVenda
from app.domain.recusas import Aviso, Problema, problema_de_cadastro

TIPOS_DE_KIT = frozenset({"CB", "KT"})

# Smallest values that no longer fit: PCPEDI.QT NUMBER(20,6), PVENDA NUMBER(18,6), PCPEDC.VLTOTAL NUMBER(16,3).
QT_LIMITE = Decimal(10) ** 14
PVENDA_LIMITE = Decimal(10) ** 12
VLTOTAL_LIMITE = Decimal(10) ** 13

# A discount sent both ways may differ by the POS's own rounding (R9).
TOLERANCIA_DESCONTO = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Embalagem:
    """A row of PCEMBALAGEM. qtunit: base units in one package."""

    codauxiliar: int
    qtunit: Decimal
    ativa: bool
    pvenda: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Produto:
    """A product as one branch sees it. ``impedimento`` says why it may not be sold, None when it may."""

    codprod: int
    descricao: str
    tipomerc: str | None
    aceita_fracao: bool
    impedimento: str | None
    pesobruto: Decimal = ZERO
    volume: Decimal = ZERO
    unidade: str | None = None
    qtunitcx: Decimal | None = None
    embalagens: Mapping[int, Embalagem] = field(default_factory=dict)

    @property
    def kit(self) -> bool:
        return self.tipomerc in TIPOS_DE_KIT


@dataclass(frozen=True, slots=True)
class ComponenteMestre:
    """A component by the master data (PCFORMPROD): base units of it in one kit, exact."""

    produto: Produto
    codauxiliar: int | None
    qtmp: Fraction | Decimal


@dataclass(frozen=True, slots=True)
class Cadastro:
    """What the master data say of the products a pre-sale names, in its branch."""

    produtos: Mapping[int, Produto]
    composicoes: Mapping[int, Sequence[ComponenteMestre]]


@dataclass(frozen=True, slots=True)
class LinhaKit:
    """A row of PCPEDICESTA. qtmp: base units of the component in one kit; pvenda: per base unit.

    ``exata``: the qtmp that was said, of which any number nearer than ``folga`` may be meant (R3); ``valor``: what the
    components are worth in one kit by the prices sent, exact.
    """

    produto: Produto
    codauxiliar: int | None
    qtunitemb: Decimal
    qtmp: Decimal
    pvenda: Decimal
    numseqitem: int
    indice: int | None
    exata: Fraction
    folga: Decimal = ZERO
    valor: Decimal = ZERO

    @property
    def por_kit(self) -> Fraction:
        """Base units in one kit: exact by the master data, else those that the quantity sent has come to mean."""
        return self.exata if self.indice is None else Fraction(self.qtmp)


class Linha(NamedTuple):
    """A row of PCPEDI. qt, pvenda and ptabela per base unit; valor is the line's worth in R$ (2 decimals).

    ``exata``: the qt that was said, of which any number nearer than ``folga`` may be meant (R3).
    """

    indice: int
    numseq: int
    item: Item
    produto: Produto
    codauxiliar: int
    qtunitemb: Decimal
    qt: Decimal
    pvenda: Decimal
    ptabela: Decimal
    perdesc: Decimal
    valor: Decimal
    filial_retira: str
    data_entrega: dt.date | None
    componentes: tuple[LinhaKit, ...]
    exata: Decimal
    folga: Decimal


@dataclass(slots=True)
class _Folha:
    """Where the reading of the lines notes what it finds."""

    problemas: list[Problema] = field(default_factory=list)
    avisos: list[Aviso] = field(default_factory=list)

    def problema(self, codigo: str, mensagem: str, campo: str) -> None:
        self.problemas.append(Problema(codigo, mensagem, campo))

    def do_cadastro(self, codigo: str, mensagem: str, campo: str) -> None:
        """What is mended in WinThor, by the routine of its code."""
        self.problemas.append(problema_de_cadastro(codigo, mensagem, campo))


def montar_linhas(
    pre_venda: PreVenda, cadastro: Cadastro, *, converte_embalagem: bool
) -> tuple[list[Linha], list[Problema], list[Aviso]]:
    """The order lines of a pre-sale, every problem found in its items, and the avisos of the good ones.

    Items whose product, quantity or price the schema already refused are passed over: they have their problem.
    """
    folha = _Folha()
    linhas: list[Linha] = []
    for indice, item in enumerate(pre_venda.itens):
        linha = _montar_linha(indice, item, pre_venda, cadastro, converte_embalagem, folha)
        if linha is not None:
            linhas.append(linha)
    if sum((linha.valor for linha in linhas), ZERO) >= VLTOTAL_LIMITE:
        folha.problema("CAMPO_INVALIDO", "O total da pré-venda não cabe no pedido.", "/preVendaItens")
    return linhas, folha.problemas, folha.avisos


def _montar_linha(
    indice: int, item: Item, pre_venda: PreVenda, cadastro: Cadastro, converte: bool, folha: _Folha
) -> Linha | None:
    if item.produto is None:
        return None
    achado = _achar_produto(item.produto, cadastro, f"{item.campo}/idProdutoRetaguarda", folha)
    componentes: Sequence[LinhaKit] | None = None
    if achado is not None and (achado[0].kit or item.itens_kit):
        # Before the checks of the line itself, so that all problems of a kit are told at once.
        componentes = _componentes(item, achado[0], cadastro, converte, folha)
    if achado is None or item.quantidade is None or item.preco is None or (achado[0].kit and componentes is None):
        return None
    produto, embalagem = achado
    fator = embalagem.qtunit if converte else Decimal(1)
    exata, folga = em_unidades(item.quantidade, fator), folga_da_quantidade(fator)
    inteira = None if produto.aceita_fracao and not componentes else inteira_dita(exata, folga)
    qt = arredondar(exata, MICRO) if inteira is None else inteira
    pvenda = arredondar(CONTEXTO.divide(item.preco, fator), MICRO)
    if not _linha_possivel(item, produto, qt, inteira, pvenda, folha):
        return None
    perdesc = _perdesc(item, item.quantidade, item.preco, folha)
    if perdesc is None:
        return None
    if componentes:
        componentes = _conferir_kit(item, _repartir(componentes, pvenda), qt, folga, folha)
        _conferir_preco_do_kit(item, componentes, CONTEXTO.divide(item.preco, fator), folha)
    return Linha(
        indice=indice,
        numseq=indice + 1,
        item=item,
        produto=produto,
        codauxiliar=item.produto.codauxiliar,
        qtunitemb=embalagem.qtunit,
        qt=qt,
        pvenda=pvenda,
        ptabela=dinheiro.preco_de_tabela(pvenda, perdesc),
        perdesc=arredondar(perdesc, MICRO),
        valor=dinheiro.valor_da_linha(item.quantidade, item.preco),
        filial_retira=_filial_dita(item) or pre_venda.filial or "",
        data_entrega=item.data_entrega,
        componentes=tuple(componentes or ()),
        exata=exata,
        folga=folga,
    )


def _filial_dita(item: Item) -> str | None:
    """The branch that the item names, None where it leaves that to the gateway."""
    return None if item.filial_entrega == AUTO else item.filial_entrega


def _achar_produto(
    id_produto: IdProduto, cadastro: Cadastro, campo: str, folha: _Folha
) -> tuple[Produto, Embalagem] | None:
    produto = cadastro.produtos.get(id_produto.codprod)
    if produto is None:
        folha.do_cadastro("PRODUTO_NAO_ENCONTRADO", f"O produto {id_produto.codprod} não existe no WinThor.", campo)
        return None
    if produto.impedimento:
        folha.do_cadastro(
            "PRODUTO_INATIVO", f"O produto {produto.codprod} não pode ser vendido: {produto.impedimento}.", campo
        )
        return None
    embalagem = produto.embalagens.get(id_produto.codauxiliar)
    if embalagem is None or not embalagem.ativa or embalagem.qtunit <= 0:
        motivo = "não é embalagem deste produto na filial" if embalagem is None else "está inativa ou sem QTUNIT"
        folha.do_cadastro(
            "EMBALAGEM_NAO_CONFERE",
            f"O código auxiliar {id_produto.codauxiliar} {motivo} (produto {produto.codprod}).",
            campo,
        )
        return None
    return produto, embalagem


def _linha_possivel(
    item: Item, produto: Produto, qt: Decimal, inteira: Decimal | None, pvenda: Decimal, folha: _Folha
) -> bool:
    antes = len(folha.problemas)
    if qt <= 0 or qt >= QT_LIMITE:
        folha.problema("CAMPO_INVALIDO", "A quantidade em unidades não cabe no pedido.", f"{item.campo}/quantidade")
    elif not produto.aceita_fracao and inteira is None:
        folha.do_cadastro(
            "FRACAO_NAO_PERMITIDA",
            f"O produto {produto.codprod} não aceita fração e foram pedidas {dinheiro.texto(qt)} unidades.",
            f"{item.campo}/quantidade",
        )
    if pvenda <= 0 or pvenda >= PVENDA_LIMITE:
        folha.problema("CAMPO_INVALIDO", "O preço por unidade não cabe no pedido.", f"{item.campo}/preco")
    return len(folha.problemas) == antes


def _perdesc(item: Item, quantidade: Decimal, preco: Decimal, folha: _Folha) -> Decimal | None:
    """PERDESC of the line, exact; None after noting a problem. Both forms sent: the percentage wins (R9)."""
    do_valor = None
    if item.desconto is not None:
        do_valor = dinheiro.percentual_de_desconto(quantidade, preco, item.desconto)
    perdesc, membro = do_valor or ZERO, "desconto"
    if item.desconto_percentual is not None:
        perdesc, membro = item.desconto_percentual, "descontoPercentual"
    # A discount that rounds to 100 % leaves no table price that fits its column.
    if arredondar(perdesc, MICRO) >= dinheiro.CEM:
        folha.problema("CAMPO_INVALIDO", "O desconto deixa a linha sem preço de tabela.", f"{item.campo}/{membro}")
        return None
    if do_valor is not None and abs(do_valor - perdesc) > TOLERANCIA_DESCONTO:
        folha.avisos.append(
            Aviso(
                "DESCONTO_DIVERGENTE",
                "desconto e descontoPercentual não conferem; foi usado o percentual.",
                (f"{item.campo}/desconto", f"{item.campo}/descontoPercentual"),
            )
        )
    return perdesc


def _componentes(
    item: Item, produto: Produto, cadastro: Cadastro, converte: bool, folha: _Folha
) -> Sequence[LinhaKit] | None:
    """The components of one kit, from the JSON where given, else from PCFORMPROD (R5); None after a problem."""
    if not produto.kit:
        folha.problema(
            "KIT_INVALIDO", f"O produto {produto.codprod} não é kit e veio com itensKit.", f"{item.campo}/itensKit"
        )
        return None
    antes = len(folha.problemas)
    if item.itens_kit:
        lidos = [_componente_enviado(n, kit, cadastro, converte, folha) for n, kit in enumerate(item.itens_kit)]
        linhas = [linha for linha in lidos if linha is not None]
    else:
        linhas = [
            _componente_do_cadastro(c, n + 1)
            for n, c in enumerate(cadastro.composicoes.get(produto.codprod, ()))
            if _componente_utilizavel(c, f"{item.campo}/idProdutoRetaguarda", folha)
        ]
        if not linhas and len(folha.problemas) == antes:
            folha.do_cadastro(
                "KIT_INVALIDO",
                f"O kit {produto.codprod} não tem composição: nem itensKit na pré-venda, nem cadastro.",
                f"{item.campo}/itensKit",
            )
    somadas = _somar_repetidos(item, linhas, folha)
    # A component that the schema refused has its problem already, and leaves the kit unknown.
    return somadas if len(folha.problemas) == antes and len(linhas) >= len(item.itens_kit) else None


def _componente_do_cadastro(componente: ComponenteMestre, numseqitem: int) -> LinhaKit:
    embalagem = componente.produto.embalagens.get(componente.codauxiliar or 0)
    exata = Fraction(componente.qtmp)
    return LinhaKit(
        produto=componente.produto,
        codauxiliar=componente.codauxiliar,
        qtunitemb=embalagem.qtunit if embalagem is not None else Decimal(1),
        qtmp=arredondada(exata),
        pvenda=ZERO,
        numseqitem=numseqitem,
        indice=None,
        exata=exata,
    )


def _componente_enviado(
    indice: int, kit: ItemKit, cadastro: Cadastro, converte: bool, folha: _Folha
) -> LinhaKit | None:
    if kit.produto is None:
        return None
    achado = _achar_produto(kit.produto, cadastro, f"{kit.campo}/idProdutoRetaguarda", folha)
    if achado is None or kit.quantidade is None or kit.preco is None:
        return None
    produto, embalagem = achado
    if not _componente_vendavel(produto, f"{kit.campo}/idProdutoRetaguarda", folha):
        return None
    fator = embalagem.qtunit if converte else Decimal(1)
    exata = em_unidades(kit.quantidade, fator)
    qtmp = arredondar(exata, MICRO)
    pvenda = arredondar(CONTEXTO.divide(kit.preco, fator), MICRO)
    if qtmp <= 0 or qtmp >= QT_LIMITE:
        folha.problema("CAMPO_INVALIDO", "A quantidade em unidades não cabe no pedido.", f"{kit.campo}/quantidade")
        return None
    if pvenda >= PVENDA_LIMITE:
        folha.problema("CAMPO_INVALIDO", "O preço por unidade não cabe no pedido.", f"{kit.campo}/preco")
        return None
    sequencial = kit.sequencial if kit.sequencial is not None else indice + 1
    return LinhaKit(
        produto=produto,
        codauxiliar=kit.produto.codauxiliar,
        qtunitemb=embalagem.qtunit,
        qtmp=qtmp,
        pvenda=pvenda,
        numseqitem=sequencial,
        indice=indice,
        exata=Fraction(exata),
        folga=folga_da_quantidade(fator),
        valor=CONTEXTO.multiply(kit.quantidade, kit.preco),
    )


def _componente_utilizavel(componente: ComponenteMestre, campo: str, folha: _Folha) -> bool:
    codprod = componente.produto.codprod
    if arredondada(Fraction(componente.qtmp)) <= 0:
        folha.do_cadastro("KIT_INVALIDO", f"O componente {codprod} está na composição sem quantidade.", campo)
        return False
    return _componente_vendavel(componente.produto, campo, folha)


def _componente_vendavel(produto: Produto, campo: str, folha: _Folha) -> bool:
    if produto.kit:
        folha.problema("KIT_INVALIDO", f"O componente {produto.codprod} é ele mesmo um kit.", campo)
    elif produto.impedimento:
        folha.do_cadastro(
            "PRODUTO_INATIVO", f"O componente {produto.codprod} não pode ser vendido: {produto.impedimento}.", campo
        )
    else:
        return True
    return False


def _somar_repetidos(item: Item, linhas: Iterable[LinhaKit], folha: _Folha) -> list[LinhaKit]:
    """PCPEDICESTA holds a component once per kit line: equal unit prices are summed, others are a problem (R5)."""
    por_produto: dict[int, LinhaKit] = {}
    for linha in linhas:
        codprod = linha.produto.codprod
        primeira = por_produto.get(codprod)
        if primeira is None:
            por_produto[codprod] = linha
        elif not _mesmo_preco(primeira, linha):
            folha.problema(
                "KIT_INVALIDO",
                f"O componente {codprod} veio duas vezes no kit com preços diferentes.",
                f"{item.campo}/itensKit/{linha.indice}",
            )
        else:
            por_produto[codprod] = replace(
                primeira,
                qtmp=primeira.qtmp + linha.qtmp,
                exata=primeira.exata + linha.exata,
                folga=primeira.folga + linha.folga,
                valor=primeira.valor + linha.valor,
            )
    return list(por_produto.values())


def _mesmo_preco(um: LinhaKit, outro: LinhaKit) -> bool:
    """In packages of one size equal prices are rounded alike; of two sizes, neither says the other's exactly (R3)."""
    if um.pvenda == outro.pvenda or um.qtunitemb == outro.qtunitemb:
        return um.pvenda == outro.pvenda
    por_unidade = [Fraction(c.valor) / c.exata for c in (um, outro)]
    return abs(por_unidade[0] - por_unidade[1]) < Fraction(MICRO) * (
        1 / Fraction(um.qtunitemb) + 1 / Fraction(outro.qtunitemb)
    )


def _repartir(componentes: Sequence[LinhaKit], pvenda: Decimal) -> Sequence[LinhaKit]:
    """Give components that came from the master data their share of the kit's price, by the worth of their packages.

    Components sent by the POS keep the POS's prices.
    """
    if any(c.indice is not None for c in componentes):
        return componentes
    pesos = [CONTEXTO.multiply(c.qtmp, _preco_unitario(c)) for c in componentes]
    total = sum(pesos, ZERO)
    return [
        replace(c, pvenda=arredondar(CONTEXTO.divide(CONTEXTO.multiply(pvenda, peso), total * c.qtmp), MICRO))
        for c, peso in zip(componentes, pesos, strict=True)
    ]


def _preco_unitario(componente: LinhaKit) -> Decimal:
    embalagem = componente.produto.embalagens.get(componente.codauxiliar or 0)
    if embalagem is None or embalagem.qtunit <= 0 or not embalagem.pvenda or embalagem.pvenda <= 0:
        return Decimal(1)
    return dinheiro.CONTEXTO.divide(embalagem.pvenda, embalagem.qtunit)


def _conferir_kit(
    item: Item, componentes: Sequence[LinhaKit], qt: Decimal, folga: Decimal, folha: _Folha
) -> list[LinhaKit]:
    """The components with the quantities that are meant: whole units in all the kits where the product asks for them.

    ``folga``: of the number of kits.
    """
    feitas: list[LinhaKit] = []
    for componente in componentes:
        necessaria = componente.qtmp * qt
        campo = item.campo if componente.indice is None else f"{item.campo}/itensKit/{componente.indice}"
        feita: LinhaKit | None = componente
        if necessaria >= QT_LIMITE:
            folha.problema("CAMPO_INVALIDO", "A quantidade do componente não cabe no pedido.", f"{campo}/quantidade")
        elif not componente.produto.aceita_fracao and (feita := _inteiro_nos_kits(componente, qt, folga)) is None:
            folha.do_cadastro(
                "FRACAO_NAO_PERMITIDA",
                f"O componente {componente.produto.codprod} não aceita fração e o kit pede "
                f"{dinheiro.texto(necessaria)} unidades.",
                f"{campo}/quantidade",
            )
        feitas.append(feita or componente)
    return feitas


def _inteiro_nos_kits(componente: LinhaKit, qt: Decimal, folga: Decimal) -> LinhaKit | None:
    """The component so that ``qt`` kits have a whole number of it, or as near below as six decimals of QTMP come to
    that; None when no whole number is meant."""
    kits = Fraction(qt)
    exata = componente.exata * kits
    inteira = round(exata)
    # A number of kits that is not whole was rounded itself.
    de_quem = Fraction(componente.folga) * kits + (0 if kits.denominator == 1 else componente.exata * Fraction(folga))
    if exata != inteira and abs(exata - inteira) >= de_quem:
        return None
    por_kit = para_baixo(inteira / kits)
    perto = abs(Fraction(por_kit) - componente.exata) < Fraction(max(componente.folga, MICRO))
    return replace(componente, qtmp=por_kit) if perto else componente


def _conferir_preco_do_kit(item: Item, componentes: Sequence[LinhaKit], preco_por_kit: Decimal, folha: _Folha) -> None:
    """An aviso where components sent with their prices are not worth the kit's, to the cent (R5)."""
    if any(c.indice is None for c in componentes):
        return
    soma = sum((c.valor for c in componentes), ZERO)
    if arredondar(soma, CENTAVO) != arredondar(preco_por_kit, CENTAVO):
        folha.avisos.append(
            Aviso(
                "PRECO_DO_KIT_DIVERGENTE",
                "A soma dos componentes não é igual ao preço do kit.",
                (f"{item.campo}/itensKit", f"{item.campo}/preco"),
            )
        )
