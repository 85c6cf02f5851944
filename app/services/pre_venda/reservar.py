"""Reserve: judge without a lock, then lock, decide and write in one transaction (R1–R7, R9, R15, R20)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from app.domain import contra_oferta, filiais
from app.domain.cliente import Cliente
from app.domain.desfecho import Desfecho
from app.domain.dinheiro import CENTAVO, CONTEXTO, ZERO, arredondar
from app.domain.estoque import (
    Chave,
    Plano,
    RegraDeEstoque,
    Saldo,
    Unidades,
    itens_que_pedem,
    mesmas_unidades,
    planejar,
    problemas_das_faltas,
    somar_necessidades,
)
from app.domain.filiais import Partes
from app.domain.itens import Linha
from app.domain.pre_venda import AUTO, ITENS_MAXIMOS
from app.domain.recusas import Aviso, ContraOferta, ItemOferecido, Recusa, recusar
from app.domain.vida import Efeito, Estado
from app.mapping import ValueDoesNotFit
from app.services import protecao
from app.services.cliente import novo
from app.services.cliente.colunas import do_comprador
from app.services.cliente.novo import ClienteSurgiu
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import ja_reservada
from app.services.operacao.registro import Operacao
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda.alvo import adotar_viva, viva
from app.services.pre_venda.colunas import Fecho
from app.services.pre_venda.conferir import PreVendaConferida, conferir, filiais_da_loja, planejar_conferida
from app.services.pre_venda.rascunho import gravar
from app.winthor import estoque, operacoes, pedidos, reservas
from app.winthor.db.faults import Ocupado, SemCodigoDeCliente
from app.winthor.db.transaction import Connection
from app.winthor.numeracao import numero_novo

T = TypeVar("T")

# How often a pre-sale is judged anew because somebody else has inserted its customer, or ended its order, meanwhile.
JULGAMENTOS = 3


class SemEstoque(Exception):
    """Some stock rows are short in ``plano``, which was made for the pre-sale under their locks."""

    def __init__(self, conferida: PreVendaConferida, plano: Plano) -> None:
        super().__init__("ESTOQUE_INSUFICIENTE")
        self.conferida = conferida
        self.plano = plano


def reservar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """The whole reservation of an opened operation. Raises Recusa (nothing written) or Falha."""
    return com_conferida(gw, operacao, requisicao, lambda conferida: _reservar(gw, operacao, requisicao, conferida))


def com_conferida(
    gw: Gateway, operacao: Operacao, requisicao: Requisicao, fazer: Callable[[PreVendaConferida], T]
) -> T:
    """Judge the pre-sale and do ``fazer`` with it; judge it anew when its customer turns out to be another, and without
    a new one when no number is left for it: no sale is lost for that (R7)."""
    sem_novos = False
    for tentativa in range(1, JULGAMENTOS + 1):
        conferida = conferir(
            gw, requisicao, operacao.medir, sem_novos=sem_novos, procura_feitas=_sem_reserva(operacao, requisicao)
        )
        operacao.medir("conferencia")
        try:
            return fazer(conferida)
        except ClienteSurgiu:
            if tentativa == JULGAMENTOS:
                raise Ocupado("cliente") from None
        except SemCodigoDeCliente:
            sem_novos = True
    raise AssertionError("the loop returns or raises")


def _sem_reserva(operacao: Operacao, requisicao: Requisicao) -> bool:
    """Whether the pre-sale is to have its first reservation: what came before the switch is looked for at once."""
    return requisicao.pre_venda.id_retaguarda is None and operacao.ancora.numped is None


def _reservar(gw: Gateway, operacao: Operacao, requisicao: Requisicao, conferida: PreVendaConferida) -> Resposta:
    if operacao.ancora.numped is not None:
        with gw.db.read() as connection:
            _recusar_se_viva(connection, operacao.ancora.numped)
    canal, vista = requisicao.caller, conferida.vista
    if vista.feitas or (gw.procura_por_numero and not _sem_reserva(operacao, requisicao)):
        _recusar_se_feita_antes(gw, requisicao)
    operacao.medir("conferencia")
    visto = vista.contra(canal)
    a_vista, plano_a_vista = planejar_conferida(gw, requisicao, conferida, vista.saldos, protegido=visto)
    if plano_a_vista.faltas:
        raise recusa_por_estoque(gw, requisicao, a_vista, plano_a_vista)

    def reservar_travado(tx: Transacao) -> Desfecho:
        _recusar_se_viva(tx.connection, tx.atual)
        saldos = tx.lock_saldos(conferida.a_travar)
        protegido = protecao.proteger(gw, tx.connection, vista.protecao, saldos, canal)
        dita, plano = a_vista, plano_a_vista
        if protegido != visto or not mesmas_unidades(saldos, vista.saldos):
            dita, plano = planejar_conferida(gw, requisicao, conferida, saldos, protegido=protegido)
        if plano.faltas:
            raise SemEstoque(dita, plano)
        return inserir_reserva(tx, dita, saldos, plano, anterior=None)

    try:
        varias = len(conferida.a_travar) > 1
        rca = conferida.vendas.codusur
        return transacao(gw, operacao, requisicao, reservar_travado, rca=rca, estoque_primeiro=varias)
    except SemEstoque as falta:
        raise recusa_por_estoque(gw, requisicao, falta.conferida, falta.plano) from None


def _recusar_se_viva(connection: Connection, atual: int | None) -> None:
    """NUMERO_EM_USO when the pre-sale's reservation is live: other content needs its number (R12)."""
    numped = viva(connection, atual)
    if numped is not None:
        raise ja_reservada(numped)


def _recusar_se_feita_antes(gw: Gateway, requisicao: Requisicao) -> None:
    """NUMERO_EM_USO when the service that was here before has made the pre-sale's order, which is adopted (R21)."""
    filial, numero = requisicao.pre_venda.filial or "", requisicao.pre_venda.numero or ""
    for _ in range(JULGAMENTOS):  # it may end while it is looked at, and stand before an older one
        with gw.db.read() as connection:
            feita = pedidos.find_viva(connection, filial, numero, gw.settings.origem_integracao)
        if feita is None:
            return
        recusa = adotar_viva(gw, requisicao, feita)
        if recusa is not None:
            raise recusa


def inserir_reserva(
    tx: Transacao,
    conferida: PreVendaConferida,
    saldos: Mapping[Chave, Saldo],
    plano: Plano,
    *,
    anterior: int | None,
    cadeia: dt.datetime | None = None,
    efeito: Efeito = Efeito.RESERVAR,
    avisos: Sequence[Aviso] = (),
) -> Desfecho:
    """Write customer, order, QTRESERV and reservation of a plan without shortages; the pre-sale points at it now.

    ``anterior``: the number it replaces; ``cadeia``: when the first of its chain was made (UTC), None with this one;
    ``efeito``: what that makes of it. Raises ValueDoesNotFit, ClienteSurgiu,
    NumeroEmUso, NumeracaoEsgotada.
    """
    gw, connection, pre_venda, termo = tx.gw, tx.connection, conferida.pre_venda, conferida.termo
    do_termo = [] if termo.reduzido is None else [Aviso("PRAZO_REDUZIDO", termo.reduzido, _MEMBROS_DO_TERMO)]
    cliente = conferida.cliente
    if not isinstance(cliente, Cliente):
        cliente = novo.inserir(gw, connection, tx.requisicao, cliente)
    numped = tx.numped(conferida.vendas.codusur)
    # First, because it shortens the waits of what comes after it: an insert may wait for a key.
    estoque.somar_reserva(connection, plano.variacoes)
    gravar(gw, connection, conferida.rascunho, conferida.linhas, Fecho(numped, cliente, saldos))
    if gw.settings.grava_pcvendaconsum and conferida.do_consumidor and pre_venda.cliente:
        comprador = do_comprador(numped, pre_venda.cliente)
        row = gw.maps["PCVENDACONSUM"].build_row(tx.requisicao.dados, comprador, tx.requisicao.corpo)
        with numero_novo(numped):
            gw.tabelas.inserir(connection, "PCVENDACONSUM", [row])
    with numero_novo(numped):
        reservas.insert(
            connection,
            numped=numped,
            filial=pre_venda.filial or "",
            numero=pre_venda.numero or "",
            estado=Estado.AUTORIZADA,
            expira=utc(termo.expira),
            anterior=anterior,
            modo_kit=gw.settings.modo_kit,
            caller=tx.requisicao.caller,
            agora=utc(gw.agora()),
            solicitado=termo.solicitado,
            cadeia=cadeia,
            qt=sum((linha.qt for linha in conferida.linhas), ZERO),
        )
    operacoes.apontar_numero(connection, pre_venda.filial or "", pre_venda.numero or "", numped)
    mensagem = f"Pré-venda reservada: {numped}."
    if anterior is not None:
        mensagem = f"Reserva {anterior} alterada; a nova é a {numped}."
    return Desfecho(
        numped=numped,
        efeito=efeito,
        estado=Estado.AUTORIZADA,
        registrado=Estado.AUTORIZADA,
        posicao=pedidos.LIBERADO,
        filial=pre_venda.filial or "",
        codcli=cliente.codcli,
        codusur=conferida.vendas.codusur,
        total=sum((linha.valor for linha in conferida.linhas), ZERO),
        expira=termo.expira,
        substitui=anterior,
        mensagem=mensagem,
        avisos=(*conferida.avisos, *do_termo, *avisos),
        http=201,
        filiais_escolhidas=conferida.escolhidas,
    )


_MEMBROS_DO_TERMO = ("/lockTTL", "/dataExpiracaoPagamento")


def recusa_por_estoque(gw: Gateway, requisicao: Requisicao, conferida: PreVendaConferida, plano: Plano) -> Recusa:
    """ESTOQUE_INSUFICIENTE: every short row, the branches that have it, and two offers ready to send: what the branches
    asked have, and all of it with what is short from others of the store's (§4.3, R29)."""
    regra = gw.regra_de_estoque
    curtas = {falta.chave for falta in plano.faltas}
    outras_linhas = [ln for ln in conferida.pedidas if ln.indice in conferida.candidatas or curtas & _chaves(ln, regra)]
    codprods = {codprod for linha in outras_linhas for _, codprod in _chaves(linha, regra)}
    with gw.db.read() as connection:
        vista = protecao.ver_produtos(gw, connection, {falta.codprod for falta in plano.faltas} | codprods)
        permitidas = gw.settings.filiais_entrega
        oferecidas = gw.cadastros.filiais(connection, sorted({filial for filial, _ in vista.saldos}))
        validas = {filial for filial in oferecidas if not permitidas or filial in permitidas}
        lista = filiais_da_loja(gw, connection, requisicao.pre_venda.filial or "")
    tem_lista = requisicao.pre_venda.filial in gw.settings.filiais_da_loja
    outras: dict[int, dict[str, Decimal]] = {}
    vistos = planejar(vista.saldos, regra.guardando(vista.contra(requisicao.caller))).livres
    for (filial, codprod), livre in vistos.items():
        if filial in validas:
            outras.setdefault(codprod, {})[filial] = livre
    livres = {**vistos, **plano.livres}
    quem = itens_que_pedem(conferida.linhas, regra.modo_kit)
    return Recusa(
        problemas_das_faltas(plano.faltas, quem, outras),
        contra_oferta=_do_que_ha(requisicao, conferida, livres, regra),
        de_outras_filiais=_de_outras_filiais(requisicao, conferida, livres, regra, lista if tem_lista else ()),
    )


def _chaves(linha: Linha, regra: RegraDeEstoque) -> set[Chave]:
    return set(somar_necessidades([linha], regra.modo_kit))


def _do_que_ha(
    requisicao: Requisicao, conferida: PreVendaConferida, livres: Unidades, regra: RegraDeEstoque
) -> ContraOferta:
    """The quantities that the branches asked can give."""
    resto = dict(livres)
    for chave, quantidade in conferida.necessidades.items():
        if chave in resto and chave[0] in regra.sem_estoque:
            resto[chave] = max(resto[chave], quantidade)
    fixas = [linha for linha in conferida.linhas if linha.indice not in conferida.candidatas]
    oferta = contra_oferta.oferecer(fixas, resto, regra.modo_kit)
    for linha in fixas:
        filiais.gastar(linha, oferta[linha.indice], resto, regra)
    for linha in conferida.pedidas:
        if linha.indice in conferida.candidatas:
            oferta[linha.indice] = filiais.em_parte(linha, conferida.candidatas[linha.indice], resto, regra)
    itens = [_item_oferecido(linha, oferta[linha.indice]) for linha in conferida.pedidas if oferta.get(linha.indice)]
    return ContraOferta(requisicao.corpo, itens)


def _de_outras_filiais(
    requisicao: Requisicao,
    conferida: PreVendaConferida,
    livres: Unidades,
    regra: RegraDeEstoque,
    lista: Sequence[str],
) -> ContraOferta:
    """All that was asked, what is short from the branches of the store's list; no item where they do not have it."""
    partes = filiais.preencher(conferida.pedidas, lista, livres, regra, conferida.candidatas)
    if partes is None or sum(len(p.tomadas) for p in partes.values()) > ITENS_MAXIMOS:
        return ContraOferta(requisicao.corpo, ())
    itens = [oferecido for linha in conferida.pedidas for oferecido in _partes_oferecidas(linha, partes[linha.indice])]
    return ContraOferta(requisicao.corpo, itens)


def _partes_oferecidas(linha: Linha, partes: Partes) -> list[ItemOferecido]:
    """The item once for each branch that gives a part; one that stays where it was asked is as it was sent."""
    desconto, pedida = linha.item.desconto, linha.item.quantidade or Decimal(1)
    quantidades = [quantidade for _, quantidade in partes.tomadas]
    descontos: list[Decimal | None] = [None] * len(quantidades)
    if desconto and len(quantidades) > 1:
        descontos = [*filiais.dividir_desconto(desconto, pedida, quantidades, CENTAVO)]
    como_veio = linha.item.filial_entrega != AUTO and [linha.filial_retira] == [f for f, _ in partes.tomadas]
    return [
        ItemOferecido(linha.indice, quantidade, do_item, None if como_veio else filial)
        for (filial, quantidade), do_item in zip(partes.tomadas, descontos, strict=True)
    ]


def _item_oferecido(linha: Linha, quantidade: Decimal) -> ItemOferecido:
    """The item with the quantity that can be had; the discount of the whole line shrinks with it."""
    pedida, desconto = linha.item.quantidade, linha.item.desconto
    if not desconto or not pedida or quantidade == pedida:
        return ItemOferecido(linha.indice, quantidade)
    proporcao = CONTEXTO.divide(CONTEXTO.multiply(desconto, quantidade), pedida)
    return ItemOferecido(linha.indice, quantidade, arredondar(proporcao, CENTAVO))


def valor_que_nao_cabe(error: ValueDoesNotFit) -> Recusa:
    """CAMPO_INVALIDO: a value of the request, or one computed from it, that its column cannot hold."""
    campo = None
    if error.json_path is not None:
        campo = "/" + error.json_path.replace(".", "/")
        for indice in error.position or ():
            campo = campo.replace("[]", f"/{indice}", 1)
    return recusar("CAMPO_INVALIDO", f"O valor não cabe em {error.table}.{error.column}: {error.reason}", campo)
