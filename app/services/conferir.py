"""Everything about a pre-sale that can be judged without a lock: branch, products, kits, sellers, customer.

Reads master data only; stock and the state of orders are judged later, under their locks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app.domain import cliente as regras_do_cliente
from app.domain.cliente import Cliente, Escolha
from app.domain.itens import Cadastro, Linha, Produto, montar_linhas
from app.domain.pre_venda import IdProduto, PreVenda
from app.domain.recusas import Aviso, Problema, Recusa
from app.domain.vendedor import Vendas, Vendedores, escolher_vendedores
from app.services.gateway import Gateway
from app.winthor import clientes, parametros
from app.winthor.cadastros import Filial, Plano
from app.winthor.db import Connection
from app.winthor.parametros import Parametro


@dataclass(slots=True)
class Conferida:
    """A pre-sale after the check. With problems, the parts they concern are missing."""

    pre_venda: PreVenda
    filial: Filial | None = None
    filiais: Collection[str] = ()
    linhas: list[Linha] = field(default_factory=list)
    vendas: Vendas | None = None
    supervisores: dict[int, int | None] = field(default_factory=dict)
    escolha: Escolha | None = None
    consumidor: Cliente | None = None
    plano: Plano | None = None
    parametros: dict[int, Parametro] = field(default_factory=dict)
    problemas: list[Problema] = field(default_factory=list)
    avisos: list[Aviso] = field(default_factory=list)


def conferir(gw: Gateway, connection: Connection, pre_venda: PreVenda) -> Conferida:
    """Check a pre-sale against the master data; every problem found is in the answer (R3, R5, R6, R7)."""
    conferida = Conferida(pre_venda)
    if pre_venda.filial is None:
        return conferida
    entregas = {item.filial_entrega for item in pre_venda.itens if item.filial_entrega}
    existentes = gw.cadastros.filiais(connection, [pre_venda.filial, *sorted(entregas)])
    conferida.filial = existentes.get(pre_venda.filial)
    conferida.filiais = set(existentes)
    if conferida.filial is None:
        conferida.problemas.append(_filial_desconhecida(pre_venda.filial, "/idLojaRetaguarda"))
        return conferida
    _conferir_entregas(gw, conferida, existentes)
    conferida.parametros = gw.parametros.ler(connection, pre_venda.filial)
    _conferir_itens(gw, connection, conferida)
    _conferir_vendedores(gw, connection, conferida)
    _conferir_cliente(gw, connection, conferida)
    return conferida


def _filial_desconhecida(filial: str, campo: str) -> Problema:
    return Problema("FILIAL_NAO_ENCONTRADA", f"A filial {filial} não existe no WinThor.", campo, "535")


def _conferir_entregas(gw: Gateway, conferida: Conferida, existentes: Collection[str]) -> None:
    permitidas = gw.settings.filiais_entrega
    for item in conferida.pre_venda.itens:
        filial = item.filial_entrega
        campo = f"{item.campo}/entrega/idLojaEntregaRetaguarda"
        if filial is None:
            continue
        if filial not in existentes:
            conferida.problemas.append(_filial_desconhecida(filial, campo))
        elif permitidas and filial not in permitidas:
            conferida.problemas.append(Problema("CAMPO_INVALIDO", f"A filial {filial} não pode entregar.", campo))


def _conferir_itens(gw: Gateway, connection: Connection, conferida: Conferida) -> None:
    pre_venda = conferida.pre_venda
    filial = pre_venda.filial or ""
    ids: set[IdProduto] = set()
    for item in pre_venda.itens:
        ids.update(kit.produto for kit in item.itens_kit if kit.produto is not None)
        if item.produto is not None:
            ids.add(item.produto)
    produtos = gw.cadastros.produtos(connection, filial, ids)
    a_compor = {
        item.produto.codprod
        for item in pre_venda.itens
        if item.produto is not None and not item.itens_kit and _kit(produtos, item.produto.codprod)
    }
    composicoes = gw.cadastros.composicoes(connection, filial, sorted(a_compor)) if a_compor else {}
    linhas, problemas, avisos = montar_linhas(
        pre_venda, Cadastro(produtos, composicoes), converte_embalagem=gw.settings.converte_embalagem
    )
    conferida.linhas = linhas
    conferida.problemas += problemas
    conferida.avisos += avisos


def _kit(produtos: Mapping[int, Produto], codprod: int) -> bool:
    produto = produtos.get(codprod)
    return produto is not None and produto.kit


def _conferir_vendedores(gw: Gateway, connection: Connection, conferida: Conferida) -> None:
    pre_venda = conferida.pre_venda
    enviados = [item.vendedor for item in pre_venda.itens if item.vendedor is not None]
    matriculas = {v.codigo for v in enviados if not v.rca}
    if pre_venda.operador is not None:
        matriculas.add(pre_venda.operador)
    funcionarios = gw.cadastros.funcionarios(connection, sorted(matriculas))
    rca_padrao = _rca_de_cadastro(conferida)
    codigos = {v.codigo for v in enviados if v.rca}
    codigos |= {f.codusur for f in funcionarios.values() if f.codusur is not None}
    if rca_padrao is not None:
        codigos.add(rca_padrao)
    rcas = gw.cadastros.rcas(connection, sorted(codigos), gw.hora_do_erp(gw.agora()))
    conferida.supervisores = {codusur: rca.codsupervisor for codusur, rca in rcas.items()}
    vendedores = Vendedores(conferida.supervisores, {m: f.codusur for m, f in funcionarios.items()})
    conferida.vendas, problemas, avisos = escolher_vendedores(pre_venda, vendedores, rca_padrao)
    conferida.problemas += problemas
    conferida.avisos += avisos


def _rca_de_cadastro(conferida: Conferida) -> int | None:
    parametro = conferida.parametros.get(parametros.RCA_DE_CADASTRO)
    return parametro.inteiro if parametro is not None else None


def _conferir_cliente(gw: Gateway, connection: Connection, conferida: Conferida) -> None:
    dados = conferida.pre_venda.cliente
    codigo = regras_do_cliente.codigo_enviado(dados)
    documento = regras_do_cliente.documento_enviado(dados)
    consumidor = codigo_do_consumidor(gw, connection, conferida.pre_venda.filial or "")
    codigos = {consumidor} | ({codigo} if codigo is not None else set())
    achados = clientes.buscar(connection, codigos, documento, normalizado=gw.settings.cgcent_normalizado)
    padrao = next((c for c in achados if c.codcli == consumidor and not c.excluido), None)
    conferida.consumidor = padrao
    escolha = regras_do_cliente.escolher_cliente(dados, achados, padrao or Cliente(consumidor))
    conferida.escolha = escolha
    if escolha.existente is not None:
        if escolha.existente.codcli == consumidor and padrao is None:
            conferida.problemas.append(_SEM_CONSUMIDOR)
        conferida.problemas += regras_do_cliente.conferir_bloqueio(
            escolha.existente, gw.settings.permite_cliente_bloqueado
        )
    conferida.avisos += escolha.avisos
    if escolha.existente is None and not gw.cadastros.consumo(connection).numeracao_automatica:
        usar_consumidor(conferida, "O WinThor não numera clientes automaticamente: usado o consumidor final.")
    existente = conferida.escolha.existente
    codplpag = existente.codplpag if existente is not None else None
    conferida.plano = gw.cadastros.plano(connection, codplpag or gw.settings.codplpag)


_SEM_CONSUMIDOR = Problema(
    "PARAMETRO_AUSENTE", "O consumidor final configurado não existe no cadastro de clientes.", "/cliente", "535"
)


def usar_consumidor(conferida: Conferida, motivo: str) -> None:
    """The customer cannot be written after all: the order goes to the consumidor final. Raises Recusa."""
    if conferida.consumidor is None or conferida.escolha is None:
        raise Recusa([_SEM_CONSUMIDOR])
    conferida.escolha = replace(conferida.escolha, existente=conferida.consumidor)
    conferida.avisos.append(Aviso("CONSUMIDOR_FINAL", motivo, ("/cliente",)))


def codigo_do_consumidor(gw: Gateway, connection: Connection, filial: str) -> int:
    """Consumidor final: of the branch, else of PCCONSUM, else the setting (R7)."""
    achada = gw.cadastros.filiais(connection, [filial]).get(filial)
    da_filial = None if achada is None else achada.codcli_consumidor
    return da_filial or gw.cadastros.consumo(connection).codcli_consumidor or gw.settings.codcli_consumidor
