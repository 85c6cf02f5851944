"""Reserve: read and judge, then lock, decide and write in one transaction (R1–R7, R9, R15, R20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.domain import contra_oferta, validade
from app.domain.cliente import Cliente
from app.domain.dinheiro import CENTAVO, CONTEXTO, ZERO, arredondar
from app.domain.endereco import AcaoEndereco
from app.domain.estoque import Chave, Falta, Saldo, achar_faltas, problemas_das_faltas, somar_necessidades
from app.domain.itens import Linha
from app.domain.pre_venda import PreVenda
from app.domain.recusas import Aviso, Problema, Recusa, recusar
from app.domain.vida import MORTOS, Estado
from app.mapping import ValueDoesNotFit
from app.services import contextos, endereco, novo_cliente, registrar
from app.services.conferir import Conferida, conferir, usar_consumidor
from app.services.contextos import Fecho, Registro
from app.services.cota import conferir_unidades
from app.services.gateway import Gateway, utc
from app.services.pedido import Pedido, Resposta, numero_curto
from app.services.rascunho import Rascunho, gravar, rascunhar
from app.services.registrar import Aberta, Medir, nao_medir
from app.services.responder import Situacao, responder
from app.winthor import estoque, numeracao, operacoes, reservas
from app.winthor.db import Connection


@dataclass(frozen=True, slots=True)
class Preparada:
    """A pre-sale without problems, ready for its transaction."""

    conferida: Conferida
    necessidades: Mapping[Chave, Decimal]
    registro: Registro | None
    rascunho: Rascunho
    expira: dt.datetime


class SemEstoque(Exception):
    """Some stock rows are short; ``saldos`` are what the decision saw under the lock."""

    def __init__(self, faltas: Sequence[Falta], saldos: Mapping[Chave, Saldo]) -> None:
        super().__init__("ESTOQUE_INSUFICIENTE")
        self.faltas = faltas
        self.saldos = saldos


def preparar(gw: Gateway, pedido: Pedido, medir: Medir = nao_medir) -> Preparada:
    """Judge all that needs no lock; ``medir`` is told the steps. Raises Recusa with every problem: the schema's, the
    master data's and, when there are others, also the stock's as it looks now."""
    pre_venda = pedido.pre_venda
    agora = gw.agora()
    with gw.db.read() as connection:
        conferida = conferir(gw, connection, pre_venda)
        expira, problemas_da_validade = _expiracao(gw, pre_venda, conferida, agora)
        problemas = [*pedido.problemas, *conferida.problemas, *problemas_da_validade]
        necessidades = somar_necessidades(conferida.linhas, gw.settings.modo_kit)
        if problemas or expira is None:
            saldos = estoque.ler_saldos(connection, necessidades)
            # A delivery branch that was refused has no stock to speak of.
            julgaveis = {k: q for k, q in necessidades.items() if k[0] in conferida.filiais}
            em_falta = faltas(gw, conferida, julgaveis, saldos)
            raise Recusa([*problemas, *problemas_das_faltas(em_falta, {})])
        conferir_unidades(gw, connection, pedido, conferida.linhas)
    registro = None
    if conferida.escolha is not None and conferida.escolha.existente is None:
        medir("conferencia")
        decisao = endereco.decidir(gw, pre_venda.cliente or {}, conferida.parametros)
        medir("cep")
        conferida.avisos += decisao.avisos
        if decisao.acao is AcaoEndereco.GRAVAR:
            with gw.db.read() as connection:
                registro = novo_cliente.preparar(gw, connection, conferida, decisao.endereco)
        else:
            usar_consumidor(conferida, "CEP não aceito: usado o consumidor final.")
    try:
        rascunho = rascunhar(gw, pedido, conferida)
    except ValueDoesNotFit as error:
        raise valor_que_nao_cabe(error) from None
    return Preparada(conferida, necessidades, registro, rascunho, expira)


def _expiracao(
    gw: Gateway, pre_venda: PreVenda, conferida: Conferida, agora: dt.datetime
) -> tuple[dt.datetime | None, list[Problema]]:
    """When the reservation expires, in the zone of the branch's state (R17); None when the branch is unknown."""
    if conferida.filial is None:
        return None, []
    fuso = ZoneInfo(validade.fuso_da_uf(conferida.filial.uf))
    expira = validade.calcular_expiracao(
        agora,
        fuso,
        lock_ttl=validade.ler_lock_ttl(pre_venda.lock_ttl) if pre_venda.lock_ttl else None,
        ttl_maximo=dt.timedelta(days=gw.settings.ttl_max_dias),
        expiracao_pagamento=pre_venda.expiracao_pagamento,
        dias_pagamento=gw.settings.dias_pagamento.get(conferida.filial.codigo),
    )
    if expira <= agora:
        texto = "O prazo de pagamento já passou há tanto tempo que a reserva nasceria vencida."
        return None, [Problema("CAMPO_INVALIDO", texto, "/dataExpiracaoPagamento")]
    return expira, []


def faltas(
    gw: Gateway,
    conferida: Conferida,
    necessidades: Mapping[Chave, Decimal],
    saldos: Mapping[Chave, Saldo],
    proprias: Mapping[Chave, Decimal] | None = None,
) -> list[Falta]:
    """The stock rows that are short; ``proprias``: units the same transaction frees."""
    return achar_faltas(
        necessidades,
        saldos,
        conferida.linhas,
        gw.settings.modo_kit,
        desconta=gw.settings.desconta_disponivel,
        sem_estoque=gw.settings.filiais_sem_estoque,
        proprias=proprias,
    )


def reservar(gw: Gateway, aberta: Aberta, pedido: Pedido) -> Resposta:
    """The whole reservation of an opened operation. Raises Recusa (nothing written) or Falha."""
    preparada = preparar(gw, pedido, aberta.medir)
    aberta.medir("conferencia")
    try:
        resposta = gw.db.run(lambda connection: _gravar(gw, connection, aberta, pedido, preparada), until=aberta.fim)
    except SemEstoque as falta:
        raise recusa_por_estoque(gw, pedido, preparada, falta) from None
    except ValueDoesNotFit as error:
        raise valor_que_nao_cabe(error) from None
    return resposta


def _gravar(gw: Gateway, connection: Connection, aberta: Aberta, pedido: Pedido, preparada: Preparada) -> Resposta:
    """The main transaction, locks in the order of R20."""
    pre_venda = pedido.pre_venda
    filial, numero = pre_venda.filial or "", pre_venda.numero or ""
    espera = gw.settings.espera_lock
    operacoes.cercar(connection, aberta.nova.id, utc(gw.agora()))
    atual = operacoes.numero_atual(connection, filial, numero, espera)
    if atual is not None:
        _recusar_se_viva(connection, atual)
    saldos = estoque.lock_saldos(connection, preparada.necessidades, espera)
    aberta.medir("locks")
    if em_falta := faltas(gw, preparada.conferida, preparada.necessidades, saldos):
        raise SemEstoque(em_falta, saldos)
    escrita = escrever(gw, connection, pedido, preparada, saldos)
    estoque.somar_reserva(connection, preparada.necessidades)
    reservas.inserir(
        connection,
        numped=escrita.numped,
        filial=filial,
        numero=numero,
        estado=Estado.AUTORIZADA,
        expira=utc(preparada.expira),
        anterior=None,
        modo_kit=gw.settings.modo_kit,
        caller=pedido.caller,
        agora=utc(gw.agora()),
    )
    operacoes.apontar_numero(connection, filial, numero, escrita.numped)
    aberta.medir("gravacao")
    resposta = responder_nova(pedido, preparada, escrita, mensagem=f"Pré-venda reservada: {escrita.numped}.")
    registrar.aceitar(
        gw, connection, aberta, pedido, resposta, numped=escrita.numped, posicao="L", codcli=escrita.codcli
    )
    return resposta


def _recusar_se_viva(connection: Connection, atual: int) -> None:
    """NUMERO_EM_USO when the pre-sale's reservation is not dead: other content needs its number (R12)."""
    reserva = reservas.ler(connection, atual)
    if reserva is not None and reserva.estado not in MORTOS:
        raise recusar(
            "NUMERO_EM_USO",
            f"A pré-venda já tem a reserva {atual}; para alterá-la envie idRetaguarda.",
            "/numero",
            idPedidoRetaguarda=atual,
        )


@dataclass(frozen=True, slots=True)
class Escrita:
    """What was written of an order."""

    numped: int
    codcli: int
    codusur: int
    total: Decimal
    avisos: tuple[Aviso, ...]


def escrever(
    gw: Gateway,
    connection: Connection,
    pedido: Pedido,
    preparada: Preparada,
    saldos: Mapping[Chave, Saldo],
) -> Escrita:
    """Customer, number and order rows, once the decision has fallen; QTRESERV is the caller's."""
    conferida, rascunho = preparada.conferida, preparada.rascunho
    pre_venda, vendas = conferida.pre_venda, conferida.vendas
    if vendas is None or conferida.escolha is None:
        raise ValueError("pré-venda não conferida")
    cliente = conferida.escolha.existente
    if cliente is None:
        cliente = _cliente_novo(gw, connection, pedido, preparada)
    numped = numeracao.sortear(connection, vendas.codusur, gw.settings.numeracao, gw.settings.espera_lock)
    gravar(gw, connection, rascunho, conferida, Fecho(numped, cliente, saldos))
    if gw.settings.grava_pcvendaconsum and cliente == conferida.consumidor and pre_venda.cliente:
        comprador = contextos.do_comprador(numped, pre_venda.cliente)
        row = gw.maps["PCVENDACONSUM"].build_row(pedido.dados, comprador, pedido.corpo)
        gw.tabelas.inserir(connection, "PCVENDACONSUM", [row])
    avisos = [*pedido.avisos, *conferida.avisos]
    if rascunho.obs_cortada:
        avisos.append(Aviso("OBSERVACOES_CORTADAS", "As observações não cabem todas no pedido.", ("/observacoes",)))
    total = sum((linha.valor for linha in conferida.linhas), ZERO)
    return Escrita(numped, cliente.codcli, vendas.codusur, total, tuple(avisos))


def _cliente_novo(gw: Gateway, connection: Connection, pedido: Pedido, preparada: Preparada) -> Cliente:
    if preparada.registro is None:
        raise ValueError("cliente novo sem registro")
    return novo_cliente.inserir(gw, connection, pedido, preparada.registro)


def responder_nova(
    pedido: Pedido,
    preparada: Preparada,
    escrita: Escrita,
    *,
    mensagem: str,
    avisos: Sequence[Aviso] = (),
    substitui: int | None = None,
) -> Resposta:
    """The answer of a new number: 201."""
    situacao = Situacao(
        numped=escrita.numped,
        estado=Estado.AUTORIZADA,
        posicao="L",
        filial=pedido.pre_venda.filial or "",
        codcli=escrita.codcli,
        codusur=escrita.codusur,
        total=escrita.total,
        expira=preparada.expira,
        substitui=substitui,
    )
    return responder(201, pedido, situacao, mensagem, [*escrita.avisos, *avisos])


def recusa_por_estoque(gw: Gateway, pedido: Pedido, preparada: Preparada, falta: SemEstoque) -> Recusa:
    """ESTOQUE_INSUFICIENTE: every short row, the branches that have it, and a counter-offer ready to send (§4.3)."""
    desconta = gw.settings.desconta_disponivel
    with gw.db.read() as connection:
        outras = estoque.disponivel_por_filial(connection, {f.codprod for f in falta.faltas}, desconta)
        oferecidas = {filial for por_filial in outras.values() for filial in por_filial}
        permitidas = gw.settings.filiais_entrega
        validas = {f for f in gw.cadastros.filiais(connection, sorted(oferecidas)) if not permitidas or f in permitidas}
    outras = {codprod: {f: q for f, q in livres.items() if f in validas} for codprod, livres in outras.items()}
    livre = {chave: saldo.disponivel(desconta) for chave, saldo in falta.saldos.items()}
    for chave, quantidade in preparada.necessidades.items():
        if chave in livre and chave[0] in gw.settings.filiais_sem_estoque:
            livre[chave] = max(livre[chave], quantidade)
    oferta = contra_oferta.oferecer(preparada.conferida.linhas, livre, gw.settings.modo_kit)
    itens = [
        _item_oferecido(item, oferta[linha.indice], linha)
        for linha in preparada.conferida.linhas
        for item in [pedido.corpo["preVendaItens"][linha.indice]]
        if oferta.get(linha.indice)
    ]
    corpo = {**pedido.corpo, "preVendaItens": itens} if itens else None
    return Recusa(problemas_das_faltas(falta.faltas, outras), {"contraOferta": corpo})


def _item_oferecido(item: Mapping[str, Any], quantidade: Decimal, linha: Linha) -> dict[str, Any]:
    """The item with the quantity that can be had; the discount of the whole line shrinks with it."""
    oferecido = {**item, "quantidade": numero_curto(quantidade)}
    pedida, desconto = linha.item.quantidade, linha.item.desconto
    if desconto and pedida and quantidade != pedida:
        proporcao = CONTEXTO.divide(CONTEXTO.multiply(desconto, quantidade), pedida)
        oferecido["desconto"] = numero_curto(arredondar(proporcao, CENTAVO))
    return oferecido


def valor_que_nao_cabe(error: ValueDoesNotFit) -> Recusa:
    campo = None
    if error.json_path is not None:
        campo = "/" + error.json_path.replace(".", "/")
        for indice in error.position or ():
            campo = campo.replace("[]", f"/{indice}", 1)
    return recusar("CAMPO_INVALIDO", f"O valor não cabe em {error.table}.{error.column}: {error.reason}", campo)
