"""Whose sale it is: the RCA of each line and of the order (R6). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.pre_venda import IdVendedor, PreVenda
from app.domain.recusas import Aviso, Problema, problema_de_cadastro

ROTINA_DO_FUNCIONARIO = "528"
ROTINA_DOS_PARAMETROS = "132 (parâmetro 4012)"


@dataclass(frozen=True, slots=True)
class Vendedores:
    """What the master data say: usable RCAs with their supervisor, and the RCA of each employee (None: has none)."""

    supervisores: Mapping[int, int | None]
    funcionarios: Mapping[int, int | None]

    def rca(self, vendedor: IdVendedor) -> int | None:
        """The usable RCA behind the id, None when there is none."""
        codusur = vendedor.codigo if vendedor.rca else self.funcionarios.get(vendedor.codigo)
        return codusur if codusur in self.supervisores else None


@dataclass(frozen=True, slots=True)
class Vendas:
    """The order's RCA, and the RCA of each item by its index."""

    codusur: int
    por_item: Mapping[int, int]


def escolher_vendedores(
    pre_venda: PreVenda, vendedores: Vendedores, rca_padrao: int | None
) -> tuple[Vendas | None, list[Problema], list[Aviso]]:
    """The sellers of a pre-sale; ``rca_padrao`` is parameter 4012 (None: it has no value). None after a problem."""
    problemas: list[Problema] = []
    avisos: list[Aviso] = []
    enviados: dict[int, int] = {}
    for indice, item in enumerate(pre_venda.itens):
        if item.vendedor is None:
            continue
        codusur = vendedores.rca(item.vendedor)
        if codusur is None:
            problemas.append(_vendedor_desconhecido(item.vendedor, vendedores, f"{item.campo}/idVendedorRetaguarda"))
        else:
            enviados[indice] = codusur
    do_operador = _rca_do_operador(pre_venda, vendedores, problemas, avisos)
    if enviados:
        avisos.clear()  # the operator's RCA is not asked for
    # Dicts keep the order of the items: the last one that carries a seller decides.
    do_pedido = list(enviados.values())[-1] if enviados else do_operador
    if do_pedido is None and not problemas:
        do_pedido = _rca_do_parametro(rca_padrao, vendedores, problemas)
    if problemas or do_pedido is None:
        return None, problemas, avisos
    por_item = {i: enviados.get(i, do_pedido) for i in range(len(pre_venda.itens))}
    return Vendas(do_pedido, por_item), problemas, avisos


def _vendedor_desconhecido(vendedor: IdVendedor, vendedores: Vendedores, campo: str) -> Problema:
    if vendedor.rca:
        texto = f"O RCA {vendedor.codigo} não existe ou não pode vender."
        return problema_de_cadastro("RCA_NAO_ENCONTRADO", texto, campo)
    if vendedor.codigo not in vendedores.funcionarios:
        texto = f"Não existe funcionário com a matrícula {vendedor.codigo}."
    else:
        texto = f"O funcionário {vendedor.codigo} não tem RCA que possa vender."
    return Problema("RCA_NAO_ENCONTRADO", texto, campo, ROTINA_DO_FUNCIONARIO)


def _rca_do_operador(
    pre_venda: PreVenda, vendedores: Vendedores, problemas: list[Problema], avisos: list[Aviso]
) -> int | None:
    if pre_venda.operador is None:
        return None
    operador = IdVendedor(pre_venda.operador, rca=False)
    if pre_venda.operador not in vendedores.funcionarios:
        problemas.append(_vendedor_desconhecido(operador, vendedores, "/idOperadorRetaguarda"))
        return None
    codusur = vendedores.rca(operador)
    if codusur is None:
        avisos.append(
            Aviso(
                "OPERADOR_SEM_RCA",
                f"O funcionário {pre_venda.operador} não tem RCA que possa vender.",
                ("/idOperadorRetaguarda",),
            )
        )
    return codusur


def _rca_do_parametro(rca_padrao: int | None, vendedores: Vendedores, problemas: list[Problema]) -> int | None:
    if rca_padrao is None:
        problemas.append(
            Problema(
                "PARAMETRO_AUSENTE",
                "Nenhum vendedor foi enviado e o parâmetro 4012 não tem um RCA.",
                "/idOperadorRetaguarda",
                ROTINA_DOS_PARAMETROS,
            )
        )
        return None
    if rca_padrao not in vendedores.supervisores:
        problemas.append(
            Problema(
                "RCA_NAO_ENCONTRADO",
                f"O RCA {rca_padrao} do parâmetro 4012 não existe ou não pode vender.",
                "/idOperadorRetaguarda",
                ROTINA_DOS_PARAMETROS,
            )
        )
        return None
    return rca_padrao
