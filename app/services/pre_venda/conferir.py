"""Everything about a pre-sale that can be judged without a lock, whole: branch, products, kits, sellers, customer,
term, and the rows of its order but for what only the locks tell.

Reads master data, and in the statement of the customers how the stock, and the order that is altered, look (R2, R21);
that is judged later, and again under their locks. Whoever the order ends on is chosen before block, plan and region are
judged, so that these follow from it (R7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.domain import cliente as regras_do_cliente
from app.domain import filiais, pagamento, validade
from app.domain.cliente import Cliente, Escolha
from app.domain.endereco import AcaoEndereco, EnderecoCliente
from app.domain.estoque import (
    Chave,
    Plano,
    Saldo,
    Unidades,
    ajustar,
    ajustar_as_reservadas,
    itens_que_pedem,
    planejar,
    problemas_das_faltas,
    somar_necessidades,
)
from app.domain.filiais import Candidatas, FilialEscolhida
from app.domain.itens import Cadastro, Linha, Produto, montar_linhas
from app.domain.pre_venda import AUTO, IdProduto, Item, PreVenda
from app.domain.recusas import Aviso, Problema, Recusa, problema_de_cadastro
from app.domain.validade import Termo, TermoSolicitado
from app.domain.vendedor import Vendas, Vendedores, escolher_vendedores
from app.services import protecao
from app.services.cliente import cep, novo
from app.services.cliente.colunas import Registro
from app.services.cliente.consumidor import codigo_do_consumidor
from app.services.cliente.escolha import busca, escolher
from app.services.gateway import Gateway
from app.services.operacao.cota import conferir_unidades
from app.services.operacao.registro import Medir, nao_medir
from app.services.operacao.requisicao import Requisicao
from app.services.pre_venda.inversoes import sugerir_inversoes
from app.services.pre_venda.rascunho import Rascunho, rascunhar
from app.services.protecao import Vista
from app.winthor import parametros, pedidos
from app.winthor.cadastros import Filial, PlanoDePagamento
from app.winthor.db.leitura import Leitura
from app.winthor.db.transaction import Connection
from app.winthor.parametros import Parametro


@dataclass(frozen=True, slots=True)
class PreVendaConferida:
    """A pre-sale without problems, ready for its transaction.

    ``cliente``: the customer of WinThor the order is for, or the one that is to be inserted; ``do_consumidor``: whether
    it is the consumidor final. ``expira`` is aware, in the zone of the branch's state.

    ``pedidas``: the lines as they were sent, and ``candidatas`` the branches of those that leave theirs to the gateway;
    ``linhas``: those of the order, in the branches ``escolhidas`` once there is a plan (R29). ``a_travar``: the stock
    rows that may be asked, and ``vista`` how they looked, with the orders of before the switch (R21).
    """

    pre_venda: PreVenda
    filial: Filial
    pedidas: Sequence[Linha]
    candidatas: Candidatas
    linhas: Sequence[Linha]
    escolhidas: tuple[FilialEscolhida, ...]
    a_travar: Unidades
    vista: Vista
    necessidades: Unidades
    vendas: Vendas
    cliente: Cliente | Registro
    do_consumidor: bool
    supervisores: Mapping[int, int | None]
    plano: PlanoDePagamento
    rascunho: Rascunho
    termo: Termo
    dias_pagamento: int | None
    avisos: Sequence[Aviso]


@dataclass(frozen=True, slots=True)
class _Cadastros:
    """What the master data say of a pre-sale; the parts that have a problem are missing."""

    filial: Filial
    filiais: Collection[str]
    linhas: Sequence[Linha]
    candidatas: Candidatas
    possiveis: Unidades
    vista: Vista
    vendas: Vendas | None
    supervisores: Mapping[int, int | None]
    parametros: Mapping[int, Parametro]
    escolha: Escolha
    codcli_consumidor: int
    consumidor: Cliente | None
    termo: Termo | None
    dias_pagamento: int | None
    problemas: Sequence[Problema]
    problemas_do_prazo: Sequence[Problema]
    avisos: Sequence[Aviso]


def conferir(
    gw: Gateway,
    requisicao: Requisicao,
    medir: Medir = nao_medir,
    *,
    sem_novos: bool = False,
    procura_feitas: bool = False,
) -> PreVendaConferida:
    """Judge all that needs no lock (R3, R5, R6, R7, R8, R17); ``medir`` is told the steps. ``sem_novos``: no code is
    left for a new customer, the order is the consumidor final's. ``procura_feitas``: orders that the service of before
    the switch has made of it are seen too, where an index finds them (R21).

    Raises Recusa with every problem: the schema's, the master data's, the customer's and, when there are others, also
    the stock's as it looks now. Raises ValueDoesNotFit. Asks the CEP services with no connection held.
    """
    with gw.db.read() as connection:
        cadastros = _ler_cadastros(gw, connection, requisicao, procura_feitas and gw.procura_por_numero)
        existente = cadastros.escolha.existente
        _recusar_problemas(gw, requisicao, cadastros, existente)
        conferir_unidades(gw, connection, requisicao, cadastros.linhas)
        if existente is not None:
            return _fechar(gw, connection, requisicao, cadastros, existente, ())
        if sem_novos:
            return _com_o_consumidor(gw, connection, requisicao, cadastros, "Não há código livre para cliente novo", ())
    medir("conferencia")
    decisao = cep.decidir(gw, requisicao.pre_venda.cliente or {}, cadastros.parametros)
    medir("cep")
    with gw.db.read() as connection:
        if decisao.acao is AcaoEndereco.GRAVAR:
            registro = _registro(gw, connection, requisicao, cadastros, decisao.endereco)
            _, cortados = novo.cortes(gw, requisicao.pre_venda.cliente or {})
            return _fechar(gw, connection, requisicao, cadastros, registro, [*decisao.avisos, *cortados])
        return _com_o_consumidor(gw, connection, requisicao, cadastros, "CEP não aceito", decisao.avisos)


def _com_o_consumidor(
    gw: Gateway,
    connection: Connection,
    requisicao: Requisicao,
    cadastros: _Cadastros,
    motivo: str,
    avisos: Sequence[Aviso],
) -> PreVendaConferida:
    """The order of a customer that cannot be made; the consumidor final is judged as any other. Raises Recusa."""
    consumidor = cadastros.consumidor or Cliente(cadastros.codcli_consumidor)
    _recusar_problemas(gw, requisicao, cadastros, consumidor)
    aviso = Aviso("CONSUMIDOR_FINAL", f"{motivo}: usado o consumidor final.", ("/cliente",))
    return _fechar(gw, connection, requisicao, cadastros, consumidor, [*avisos, aviso])


def planejar_conferida(
    gw: Gateway,
    requisicao: Requisicao,
    conferida: PreVendaConferida,
    saldos: Mapping[Chave, Saldo],
    *,
    protegido: Unidades,
    liberar: Unidades | None = None,
    reservadas: Sequence[tuple[Chave, Decimal]] = (),
) -> tuple[PreVendaConferida, Plano]:
    """Plan to free the units ``liberar`` and to reserve the pre-sale's, in the stock rows ``saldos``; the pre-sale with
    the units that its quantities stand for there (R3).

    ``protegido``: what is kept from its channel (R30); ``reservadas``: stock row and units of each line of the order
    that it alters.
    """
    regra, liberar = gw.regra_de_estoque.guardando(protegido), liberar or {}
    plano = planejar(saldos, regra, liberar=liberar, reservar=conferida.necessidades)
    livres = plano.livres
    linhas = ajustar_as_reservadas(conferida.pedidas, reservadas)
    if conferida.candidatas:
        escolha = filiais.escolher(linhas, conferida.candidatas, livres, regra)
        linhas, conferida = escolha.linhas, replace(conferida, escolhidas=escolha.escolhidas)
    necessidades = somar_necessidades(linhas, regra.modo_kit) if conferida.candidatas else conferida.necessidades
    linhas = ajustar(linhas, _alvos(necessidades, liberar, livres), regra.modo_kit)
    if linhas is conferida.linhas:
        return conferida, plano
    rascunho = rascunhar(gw, requisicao, linhas, conferida.vendas, conferida.supervisores, conferida.plano)
    necessidades = somar_necessidades(linhas, regra.modo_kit)
    conferida = replace(conferida, linhas=linhas, necessidades=necessidades, rascunho=rascunho)
    return conferida, planejar(saldos, regra, liberar=liberar, reservar=necessidades)


def _alvos(necessidades: Unidades, proprias: Unidades, livres: Unidades) -> dict[Chave, list[Decimal]]:
    """What a quantity may stand for in each stock row: what is held already, or all that is available."""
    return {chave: [unidades[chave] for unidades in (proprias, livres) if chave in unidades] for chave in necessidades}


def _recusar_problemas(gw: Gateway, requisicao: Requisicao, cadastros: _Cadastros, cliente: Cliente | None) -> None:
    """Raise Recusa when there is any problem. ``cliente``: the one the order ends on, None when it would be new."""
    do_cliente = [] if cliente is None else _problemas_do_cliente(gw, cadastros, cliente)
    problemas = [*requisicao.problemas, *cadastros.problemas, *do_cliente, *cadastros.problemas_do_prazo]
    if problemas:
        raise Recusa([*problemas, *_faltas_a_vista(gw, requisicao, cadastros)])


def _ler_cadastros(gw: Gateway, connection: Connection, requisicao: Requisicao, procura_feitas: bool) -> _Cadastros:
    """Read and judge what does not depend on the customer. Raises Recusa when the branch is not known."""
    pre_venda = requisicao.pre_venda
    if pre_venda.filial is None:
        raise Recusa(requisicao.problemas)
    entregas = {item.filial_entrega for item in pre_venda.itens if item.filial_entrega not in {None, AUTO}}
    existentes = gw.cadastros.filiais(connection, [pre_venda.filial, *sorted(entregas)])
    filial = existentes.get(pre_venda.filial)
    lista = filiais_da_loja(gw, connection, pre_venda.filial)
    if filial is None:
        raise Recusa([*requisicao.problemas, _filial_desconhecida(pre_venda.filial, "/idLojaRetaguarda")])
    problemas = _conferir_entregas(gw, pre_venda, existentes)
    valores = gw.parametros.ler(connection, pre_venda.filial)
    linhas, dos_itens, avisos = montar_linhas(
        pre_venda, _ler_produtos(gw, connection, pre_venda), converte_embalagem=gw.settings.converte_embalagem
    )
    candidatas = {item.indice: lista for item in pre_venda.itens if _aberta(gw, pre_venda, item)}
    if candidatas:
        linhas = [filiais.na_filial(ln, candidatas[ln.indice][0]) if ln.indice in candidatas else ln for ln in linhas]
    vendedores, rca_padrao = _ler_vendedores(gw, connection, pre_venda, valores)
    quem_vende = pre_venda
    if pre_venda.operador == gw.settings.codfunc and pre_venda.operador not in vendedores.funcionarios:
        # Shown for an order that named no operator, and sent back (§4.2).
        quem_vende = replace(pre_venda, operador=None)
    vendas, dos_vendedores, avisos_dos_vendedores = escolher_vendedores(quem_vende, vendedores, rca_padrao)
    codcli_consumidor = codigo_do_consumidor(gw, connection, pre_venda.filial)
    possiveis = filiais.chaves_possiveis(linhas, candidatas, gw.settings.modo_kit)
    vista = protecao.ver(
        gw,
        connection,
        possiveis,
        requisicao.caller,
        feitas=_feitas_antes(gw, pre_venda) if procura_feitas else None,
        compradores=busca(gw, pre_venda, codcli_consumidor),
        numped=pre_venda.id_retaguarda,
    )
    lidos = escolher(gw, connection, pre_venda, codcli_consumidor, vista.clientes)
    dias_pagamento = _dias_pagamento(gw, requisicao, filial)
    termo, do_prazo = _termo(gw, pre_venda, filial, dias_pagamento)
    return _Cadastros(
        filial=filial,
        filiais={*existentes, *lista},
        linhas=linhas,
        candidatas=candidatas,
        possiveis=possiveis,
        vista=vista,
        vendas=vendas,
        supervisores=vendedores.supervisores,
        parametros=valores,
        escolha=lidos.escolha,
        codcli_consumidor=codcli_consumidor,
        consumidor=lidos.consumidor,
        termo=termo,
        dias_pagamento=dias_pagamento,
        problemas=[*problemas, *sugerir_inversoes(gw, connection, pre_venda, dos_itens), *dos_vendedores],
        problemas_do_prazo=do_prazo,
        avisos=[*avisos, *avisos_dos_vendedores, *lidos.escolha.avisos],
    )


def _feitas_antes(gw: Gateway, pre_venda: PreVenda) -> Leitura:
    return pedidos.feitas_antes(pre_venda.filial or "", pre_venda.numero or "", gw.settings.origem_integracao)


def filiais_da_loja(gw: Gateway, connection: Connection, loja: str) -> tuple[str, ...]:
    """The branches that the store may draw from, in their order: those of its list that there are and that may deliver,
    else the store alone (R29)."""
    lista, permitidas = gw.settings.filiais_da_loja.get(loja, ()), gw.settings.filiais_entrega
    existentes = gw.cadastros.filiais(connection, lista)
    validas = [f for f in lista if f in existentes and (f == loja or not permitidas or f in permitidas)]
    return tuple(validas) or (loja,)


def _aberta(gw: Gateway, pre_venda: PreVenda, item: Item) -> bool:
    """Whether the item leaves its branch to the gateway: by its word, or because its store does where it says none; not
    what is taken away at once."""
    if item.filial_entrega is None:
        return pre_venda.filial in gw.settings.lojas_auto and item.tipo_entrega != LEVADO_NA_HORA
    return item.filial_entrega == AUTO


LEVADO_NA_HORA = 0


def _faltas_a_vista(gw: Gateway, requisicao: Requisicao, cadastros: _Cadastros) -> list[Problema]:
    """What is short as the stock looked; a delivery branch that was refused has no stock to speak of."""
    vista = cadastros.vista
    saldos, regra = vista.saldos, gw.regra_de_estoque.guardando(vista.contra(requisicao.caller))
    livres = planejar(saldos, regra).livres
    linhas = filiais.escolher(cadastros.linhas, cadastros.candidatas, livres, regra).linhas
    alvos = _alvos(somar_necessidades(linhas, regra.modo_kit), {}, livres)
    necessidades = somar_necessidades(ajustar(linhas, alvos, regra.modo_kit), regra.modo_kit)
    conhecidas = {k: q for k, q in necessidades.items() if k[0] in cadastros.filiais}
    plano = planejar(saldos, regra, reservar=conhecidas)
    return problemas_das_faltas(plano.faltas, itens_que_pedem(linhas, regra.modo_kit), {})


def _fechar(
    gw: Gateway,
    connection: Connection,
    requisicao: Requisicao,
    cadastros: _Cadastros,
    cliente: Cliente | Registro,
    avisos: Sequence[Aviso],
) -> PreVendaConferida:
    """What follows from the customer: plan and rows."""
    vendas, termo = cadastros.vendas, cadastros.termo
    if vendas is None or termo is None:
        raise AssertionError("what is missing has left a problem")
    plano = gw.cadastros.plano(connection, cliente.codplpag or gw.settings.codplpag)
    rascunho = rascunhar(gw, requisicao, cadastros.linhas, vendas, cadastros.supervisores, plano)
    do_consumidor = cadastros.consumidor is not None and cliente == cadastros.consumidor
    necessidades = cadastros.possiveis
    if cadastros.candidatas:
        necessidades = somar_necessidades(cadastros.linhas, gw.settings.modo_kit)
    todos = [*cadastros.avisos, *avisos]
    if not any(linha.valor for linha in cadastros.linhas):
        todos.append(Aviso("TOTAL_ZERO", "A pré-venda vale R$ 0,00.", ("/preVendaItens",)))
    if rascunho.obs_cortada:
        todos.append(Aviso("OBSERVACOES_CORTADAS", "As observações não cabem todas no pedido.", ("/observacoes",)))
    return PreVendaConferida(
        pre_venda=requisicao.pre_venda,
        filial=cadastros.filial,
        pedidas=cadastros.linhas,
        candidatas=cadastros.candidatas,
        linhas=cadastros.linhas,
        escolhidas=(),
        a_travar=cadastros.possiveis,
        vista=cadastros.vista,
        necessidades=necessidades,
        vendas=vendas,
        cliente=cliente,
        do_consumidor=do_consumidor,
        supervisores=cadastros.supervisores,
        plano=plano,
        rascunho=rascunho,
        termo=termo,
        dias_pagamento=cadastros.dias_pagamento,
        avisos=todos,
    )


# --- branch and term


def _filial_desconhecida(filial: str, campo: str) -> Problema:
    return problema_de_cadastro("FILIAL_NAO_ENCONTRADA", f"A filial {filial} não existe no WinThor.", campo)


def _conferir_entregas(gw: Gateway, pre_venda: PreVenda, existentes: Collection[str]) -> list[Problema]:
    permitidas = gw.settings.filiais_entrega
    problemas: list[Problema] = []
    for item in pre_venda.itens:
        filial = item.filial_entrega
        campo = f"{item.campo}/entrega/idLojaEntregaRetaguarda"
        if filial in {None, AUTO}:
            continue
        if filial not in existentes:
            problemas.append(_filial_desconhecida(filial, campo))
        elif permitidas and filial not in permitidas:
            problemas.append(Problema("CAMPO_INVALIDO", f"A filial {filial} não pode entregar.", campo))
    return problemas


def _termo(
    gw: Gateway, pre_venda: PreVenda, filial: Filial, dias_pagamento: int | None
) -> tuple[Termo | None, list[Problema]]:
    """When the reservation expires, in the zone of the branch's state (R17)."""
    agora, fuso = gw.agora(), ZoneInfo(validade.fuso_da_uf(filial.uf))
    ate = pre_venda.expiracao_pagamento
    solicitado = TermoSolicitado(
        lock_ttl=validade.ler_lock_ttl(pre_venda.lock_ttl) if pre_venda.lock_ttl else None,
        pagamento=None if ate is None else validade.dia_do_pagamento(ate, fuso),
    )
    maximo = dt.timedelta(days=gw.settings.ttl_max_dias)
    termo = validade.calcular_termo(agora, fuso, solicitado, ttl_maximo=maximo, dias_pagamento=dias_pagamento)
    if termo.expira <= agora:
        texto = "O prazo de pagamento já passou há tanto tempo que a reserva nasceria vencida."
        return None, [Problema("CAMPO_INVALIDO", texto, "/dataExpiracaoPagamento")]
    return termo, []


def _dias_pagamento(gw: Gateway, requisicao: Requisicao, filial: Filial) -> int | None:
    """The days to pay that the site gives the form of payment or the branch."""
    codcob, _ = pagamento.ler_pagamento(requisicao.dados)
    return validade.dias_para_pagar(gw.settings.dias_pagamento, codcob, filial.codigo)


# --- products and sellers


def _ler_produtos(gw: Gateway, connection: Connection, pre_venda: PreVenda) -> Cadastro:
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
    return Cadastro(produtos, composicoes)


def _kit(produtos: Mapping[int, Produto], codprod: int) -> bool:
    produto = produtos.get(codprod)
    return produto is not None and produto.kit


def _ler_vendedores(
    gw: Gateway, connection: Connection, pre_venda: PreVenda, valores: Mapping[int, Parametro]
) -> tuple[Vendedores, int | None]:
    """The employees and RCAs that the pre-sale names, and the RCA of parameter 4012."""
    enviados = [item.vendedor for item in pre_venda.itens if item.vendedor is not None]
    matriculas = {v.codigo for v in enviados if not v.rca}
    if pre_venda.operador is not None:
        matriculas.add(pre_venda.operador)
    funcionarios = gw.cadastros.funcionarios(connection, sorted(matriculas))
    parametro = valores.get(parametros.RCA_DE_CADASTRO)
    rca_padrao = parametro.inteiro if parametro is not None else None
    codigos = {v.codigo for v in enviados if v.rca}
    codigos |= {f.codusur for f in funcionarios.values() if f.codusur is not None}
    if rca_padrao is not None:
        codigos.add(rca_padrao)
    rcas = gw.cadastros.rcas(connection, sorted(codigos), gw.hora_do_erp(gw.agora()))
    supervisores = {codusur: rca.codsupervisor for codusur, rca in rcas.items()}
    return Vendedores(supervisores, {m: f.codusur for m, f in funcionarios.items()}), rca_padrao


# --- customer


_SEM_CONSUMIDOR = Problema(
    "PARAMETRO_AUSENTE", "O consumidor final configurado não existe no cadastro de clientes.", "/cliente", "535"
)


def _registro(
    gw: Gateway, connection: Connection, requisicao: Requisicao, cadastros: _Cadastros, verificado: EnderecoCliente
) -> Registro:
    """The row of the customer that is to be inserted."""
    if cadastros.vendas is None or cadastros.escolha.documento is None:
        raise AssertionError("what is missing has left a problem")
    return novo.preparar(
        gw,
        connection,
        requisicao.pre_venda,
        documento=cadastros.escolha.documento,
        codusur=cadastros.vendas.codusur,
        valores=cadastros.parametros,
        endereco=verificado,
    )


def _problemas_do_cliente(gw: Gateway, cadastros: _Cadastros, cliente: Cliente) -> list[Problema]:
    """What forbids an order of the customer it ends on."""
    if cliente.codcli == cadastros.codcli_consumidor and cadastros.consumidor is None:
        return [_SEM_CONSUMIDOR]
    return regras_do_cliente.conferir_bloqueio(cliente, gw.settings.permite_cliente_bloqueado)
