"""A paid pre-sale against its reservation: the same goods, or ITENS_DIVERGENTES, and what of a line each item speaks
of (§5, R22). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import CONTEXTO, ZERO
from app.domain.linhas import SEM_EMBALAGEM, TIPOS_DE_ENTREGA, LinhaGravada, Parte
from app.domain.medida import em_unidades, folga_da_quantidade, mesma_quantidade, mesmo_preco
from app.domain.pre_venda import AUTO, IdProduto, Item, ItemKit, PreVenda
from app.domain.recusas import Problema

SUFIXO_POS = "-POS"


@dataclass(frozen=True, slots=True)
class Parcela:
    """Base units of a stored line that one item of the payment speaks of; None: no items were sent, as reserved."""

    linha: LinhaGravada
    qt: Decimal
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class Casamento:
    """Every unit of the stored lines with the item that speaks of it, or the problems why it is not so."""

    parcelas: tuple[Parcela, ...]
    problemas: tuple[Problema, ...] = ()


def embalagens_a_ler(pre_venda: PreVenda, reservadas: Sequence[LinhaGravada]) -> set[IdProduto]:
    """Packages that were sent and are not stored: the goods may come in other ones, and a component sent in two is
    stored as one row."""
    guardadas = {IdProduto(linha.codauxiliar or SEM_EMBALAGEM, linha.codprod) for linha in reservadas}
    guardadas |= {IdProduto(p.codauxiliar or SEM_EMBALAGEM, p.codprod) for linha in reservadas for p in linha.partes}
    enviadas = {item.produto for item in pre_venda.itens}
    enviadas |= {kit.produto for item in pre_venda.itens for kit in item.itens_kit}
    return {produto for produto in enviadas if produto is not None} - guardadas


def casar(
    pre_venda: PreVenda,
    reservadas: Sequence[LinhaGravada],
    *,
    converte_embalagem: bool,
    embalagens: Mapping[IdProduto, Decimal] | None = None,
) -> Casamento:
    """Match the items sent with the lines reserved, by goods, units and prices (R22).

    Lines may come merged, split or in other packages. An item that names a delivery branch speaks of lines of that
    branch, or of lines that were left to the store; one that names none, or AUTO, of any. No items = as reserved.
    ``embalagens``: base units in the packages of ``embalagens_a_ler``.
    """
    if not pre_venda.itens:
        return Casamento(tuple(Parcela(linha, linha.qt) for linha in reservadas))
    casador = _Casador(pre_venda.filial or "", reservadas, converte_embalagem, embalagens or {})
    return casador.casar(pre_venda.itens)


@dataclass(slots=True)
class _Pedida:
    """An item on its way: ``resta``, base units not matched yet; ``folga``, what six decimals cannot say of them;
    ``grupos``: the groups of lines it may speak of."""

    item: Item
    resta: Decimal
    folga: Decimal
    grupos: list[_Grupo]
    filial: str | None
    problema: Problema | None = None

    @property
    def tipo(self) -> str | None:
        return None if self.item.tipo_entrega is None else TIPOS_DE_ENTREGA[self.item.tipo_entrega]

    @property
    def codauxiliar(self) -> int | None:
        return None if self.item.produto is None else self.item.produto.codauxiliar


@dataclass(slots=True, eq=False)
class _Resto:
    """A stored line with the units that no item has spoken of yet."""

    linha: LinhaGravada
    resta: Decimal


@dataclass(slots=True, eq=False)
class _Grupo:
    """Stored lines that differ only in branch, quantity, package and delivery, as ``modelo``; those with units left."""

    modelo: LinhaGravada
    linhas: list[_Resto] = field(default_factory=list)
    pedidas: list[_Pedida] = field(default_factory=list)


_Serve = Callable[[_Pedida, LinhaGravada], bool]
# What an item has in common with a whole line beside the units, the closest first: the package, the delivery type.
_AFINIDADES = ((True, True), (True, False), (False, True), (False, False))


class _Casador:
    def __init__(
        self,
        loja: str,
        reservadas: Sequence[LinhaGravada],
        converte: bool,
        embalagens: Mapping[IdProduto, Decimal],
    ) -> None:
        self._loja = loja
        self._converte = converte
        fatores = {
            IdProduto(linha.codauxiliar or SEM_EMBALAGEM, linha.codprod): linha.qtunitemb for linha in reservadas
        }
        self._fatores = {**embalagens, **fatores}
        self._embalagens = embalagens
        self._grupos: dict[tuple[Any, ...], _Grupo] = {}
        for linha in (linha for linha in reservadas if linha.qt):
            chave = (linha.codprod, linha.pvenda, linha.partes, None if converte else linha.codauxiliar)
            self._grupos.setdefault(chave, _Grupo(linha)).linhas.append(_Resto(linha, linha.qt))
        self._do_produto: dict[int, list[_Grupo]] = {}
        for grupo in self._grupos.values():
            self._do_produto.setdefault(grupo.modelo.codprod, []).append(grupo)
        self._parcelas: list[Parcela] = []

    def casar(self, itens: Sequence[Item]) -> Casamento:
        # Those that name their parts choose first, so that one that does not leaves them the kit they mean.
        pedidas = [self._pedida(item) for item in sorted(itens, key=lambda item: not item.itens_kit)]
        validas = [pedida for pedida in pedidas if pedida.problema is None]
        com_filial = [pedida for pedida in validas if pedida.filial is not None]
        self._repartir(com_filial, lambda pedida, linha: linha.filial == pedida.filial)
        # A branch left open at the reservation may be named now; one that was given may not change.
        self._repartir(com_filial, lambda pedida, linha: linha.filial == self._loja != pedida.filial)
        self._repartir([pedida for pedida in validas if pedida.filial is None], lambda _pedida, _linha: True)
        self._fechar(validas)
        problemas = self._problemas(pedidas, itens)
        return Casamento((), tuple(problemas)) if problemas else Casamento(tuple(self._parcelas))

    def _pedida(self, item: Item) -> _Pedida:
        filial = None if item.filial_entrega == AUTO else item.filial_entrega
        if item.produto is None or item.quantidade is None or item.preco is None:
            return _Pedida(item, ZERO, ZERO, [], filial, _fora(item))
        fator = self._fatores.get(item.produto)
        grupos = [] if fator is None else self._do_produto.get(item.produto.codprod, [])
        fator = Decimal(1) if fator is None or not self._converte else fator
        no_preco = [
            grupo
            for grupo in grupos
            if mesmo_preco(item.preco, fator, grupo.modelo.pvenda, self._do_pvenda(grupo.modelo, fator))
            and (self._converte or grupo.modelo.codauxiliar == item.produto.codauxiliar)
        ]
        iguais = [grupo for grupo in no_preco if self._mesmo_kit(item.itens_kit, grupo.modelo)]
        problema = None if iguais else _outro_kit(item) if no_preco else _fora(item)
        qt = em_unidades(item.quantidade, fator)
        return _Pedida(item, qt, folga_da_quantidade(fator), iguais, filial, problema)

    def _do_pvenda(self, gravada: LinhaGravada | Parte, fator: Decimal) -> Decimal:
        """The units of the package whose price the stored one was made from."""
        return gravada.qtunitemb if self._converte else fator

    def _mesmo_kit(self, enviados: Sequence[ItemKit], linha: LinhaGravada) -> bool:
        """Whether the components sent, if any, are those of the line, in whatever packages."""
        if not enviados:
            return True
        guardadas = {IdProduto(p.codauxiliar or SEM_EMBALAGEM, p.codprod): p.qtunitemb for p in linha.partes}
        precos = {parte.codprod: parte for parte in linha.partes}
        faltam = {parte.codprod: parte.qtmp for parte in linha.partes}
        folgas: dict[int, Decimal] = {}
        for kit in enviados:
            if kit.produto is None or kit.quantidade is None or kit.preco is None:
                return False
            codprod = kit.produto.codprod
            fator = guardadas.get(kit.produto) or self._embalagens.get(kit.produto)
            if not fator or codprod not in precos:
                return False
            fator = fator if self._converte else Decimal(1)
            if not mesmo_preco(kit.preco, fator, precos[codprod].pvenda, self._do_pvenda(precos[codprod], fator)):
                return False
            faltam[codprod] = CONTEXTO.subtract(faltam[codprod], em_unidades(kit.quantidade, fator))
            folgas[codprod] = folgas.get(codprod, ZERO) + folga_da_quantidade(fator)
        return all(mesma_quantidade(falta, folgas.get(codprod, ZERO), ZERO) for codprod, falta in faltam.items())

    def _repartir(self, pedidas: Sequence[_Pedida], serve: _Serve) -> None:
        """Give the items lines that serve them: whole lines that are alike first, then what is left, in order."""
        for embalagem, tipo in _AFINIDADES:
            for pedida in pedidas:
                self._dar_inteira(pedida, serve, embalagem=embalagem, tipo=tipo)
        for tipo in (True, False):
            for pedida in pedidas:
                self._dar(pedida, serve, tipo=tipo)

    def _dar_inteira(self, pedida: _Pedida, serve: _Serve, *, embalagem: bool, tipo: bool) -> None:
        if pedida.resta <= 0:
            return
        for grupo in pedida.grupos:
            for resto in grupo.linhas:
                if (
                    mesma_quantidade(pedida.resta, pedida.folga, resto.resta)
                    and (not embalagem or resto.linha.codauxiliar == pedida.codauxiliar)
                    and (not tipo or resto.linha.tipo_entrega == pedida.tipo)
                    and serve(pedida, resto.linha)
                ):
                    self._tomar(grupo, pedida, resto, resto.resta)
                    pedida.resta = ZERO
                    return

    def _dar(self, pedida: _Pedida, serve: _Serve, *, tipo: bool) -> None:
        for grupo in pedida.grupos:
            for resto in [*grupo.linhas] if pedida.resta > 0 else ():
                if pedida.resta <= 0:
                    return
                if serve(pedida, resto.linha) and (not tipo or resto.linha.tipo_entrega == pedida.tipo):
                    if mesma_quantidade(pedida.resta, pedida.folga, resto.resta):
                        pedida.resta = resto.resta
                    qt = min(pedida.resta, resto.resta)
                    self._tomar(grupo, pedida, resto, qt)
                    pedida.resta -= qt

    def _tomar(self, grupo: _Grupo, pedida: _Pedida, resto: _Resto, qt: Decimal) -> None:
        resto.resta -= qt
        if not resto.resta:
            grupo.linhas.remove(resto)
        grupo.pedidas.append(pedida)
        self._parcelas.append(Parcela(resto.linha, qt, pedida.item))

    def _fechar(self, pedidas: Iterable[_Pedida]) -> None:
        """What six decimals could not say, of an item or of a line, is nothing."""
        for pedida in pedidas:
            if pedida.resta < pedida.folga:
                pedida.resta = ZERO
        for grupo in self._grupos.values():
            folga = sum((pedida.folga for pedida in grupo.pedidas), ZERO)
            grupo.linhas = [resto for resto in grupo.linhas if resto.resta >= folga or not self._juntar(resto)]

    def _juntar(self, resto: _Resto) -> bool:
        """Add what is left of a line to what an item has of it; whether one has."""
        for n, parcela in enumerate(self._parcelas):
            if parcela.linha is resto.linha:
                self._parcelas[n] = Parcela(parcela.linha, parcela.qt + resto.resta, parcela.item)
                return True
        return False

    def _problemas(self, pedidas: Sequence[_Pedida], itens: Sequence[Item]) -> list[Problema]:
        """One per item that is not reserved so, and per group of which less came than is reserved; one when reserved
        lines did not come at all."""
        achados = {
            pedida.item.campo: pedida.problema or _fora(pedida.item)
            for pedida in pedidas
            if pedida.problema is not None or pedida.resta > 0
        }
        sobra = False
        for grupo in self._grupos.values():
            if not grupo.linhas:
                continue
            sobra = True
            if grupo.pedidas and not any(pedida.item.campo in achados for pedida in grupo.pedidas):
                ultima = grupo.pedidas[-1].item
                achados[ultima.campo] = _fora(ultima)
        if sobra and not achados:
            texto = "A reserva tem itens que não vieram no pagamento."
            return [Problema("ITENS_DIVERGENTES", texto, "/preVendaItens")]
        return [achados[item.campo] for item in itens if item.campo in achados]


def _fora(item: Item) -> Problema:
    texto = "Este item não está na reserva com esta quantidade, preço e filial de entrega."
    return Problema("ITENS_DIVERGENTES", texto, item.campo)


def _outro_kit(item: Item) -> Problema:
    return Problema("ITENS_DIVERGENTES", "Os componentes deste kit não são os da reserva.", f"{item.campo}/itensKit")


def ler_pagamento(dados: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """CODCOB and CODPLPAG of the first payment as they were sent, the suffix ``-POS`` dropped: whether there are such
    codes is for the database to say."""
    pagamentos = dados.get("pagamentos") or [{}]
    codcob = (pagamentos[0].get("pagamentoForma") or {}).get("idRetaguarda")
    codplpag = (pagamentos[0].get("pagamentoCondicao") or {}).get("idRetaguarda")
    if codcob is not None:
        codcob = codcob.upper().removesuffix(SUFIXO_POS) or codcob
    return codcob, codplpag
