"""Pay (state 1 RECEBIDO): the reservation is confirmed and no longer expires, and all that the payment brings is kept
(§5, R18, R22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain import pagamento
from app.domain.cliente import Cliente, faltantes
from app.domain.desfecho import CadastroMudado, Desfecho, EntregaDaVenda
from app.domain.entrega import LinhaPaga
from app.domain.linhas import TIPOS_DE_ENTREGA
from app.domain.pre_venda import IdVendedor, PreVenda
from app.domain.recusas import Aviso
from app.domain.retencao import A_ENTREGAR
from app.domain.vida import Acao, Efeito, Estado, passo
from app.services.cliente import do_pagamento
from app.services.cliente.do_pagamento import NENHUM, ClienteDoPagamento
from app.services.cliente.novo import ClienteSurgiu
from app.services.gateway import Gateway, utc
from app.services.operacao.recusas_da_vida import recusa_da_vida
from app.services.operacao.registro import Medir, Operacao, nao_medir
from app.services.operacao.requisicao import Requisicao, Resposta
from app.services.operacao.transacao import Transacao, transacao
from app.services.pre_venda import entregas, linhas_pagas
from app.services.pre_venda.alterar import ExpiradaSemEstoque, aviso_de_renovacao, ligar
from app.services.pre_venda.alvo import Alvo, desfecho, lock_alvo
from app.services.pre_venda.linhas_pagas import LinhasDoPagamento
from app.services.pre_venda.reservar import JULGAMENTOS
from app.settings import TV7
from app.winthor import estoque, operacoes, pedidos, reservas
from app.winthor import pagamento as escrita
from app.winthor.cadastros import PlanoDePagamento
from app.winthor.db.faults import Ocupado
from app.winthor.db.transaction import Connection
from app.winthor.numeracao import numero_novo
from app.winthor.pagamento import MudancaDoPedido
from app.winthor.pedidos import Ordem

# WinThor is at work on the order, or holds it back: it stays where it is, and is not divided (R16, R23).
_DE_OUTROS = frozenset({Estado.RECONHECIDA, Estado.BLOQUEADA})


class PedidoMudou(Exception):
    """The order is not what it was when the payment was judged without a lock: judge it anew."""


@dataclass(frozen=True, slots=True)
class Pagamento:
    """What a payment brings besides its items: billing and plan that exist, the customer, the RCA of each seller.

    ``entregas``: the order's RCA and how many deliveries it will have, as far as it was seen.
    """

    codcob: str | None
    codplpag: int | None
    avisos: tuple[Aviso, ...]
    cliente: ClienteDoPagamento = NENHUM
    vendedores: Mapping[IdVendedor, int | None] = field(default_factory=dict)
    entregas: tuple[int, int] | None = None


def confirmar(gw: Gateway, operacao: Operacao, requisicao: Requisicao) -> Resposta:
    """The whole payment of an opened operation. Raises Recusa (nothing changed) or Falha."""
    for tentativa in range(JULGAMENTOS):
        pago = preparar(gw, requisicao, operacao.medir, olha=tentativa > 0)
        operacao.medir("conferencia")
        try:
            return transacao(
                gw,
                operacao,
                requisicao,
                lambda tx, p=pago: _gravar(tx, p),  # type: ignore[misc]
                entregas=pago.entregas,
            )
        except (ClienteSurgiu, PedidoMudou):
            continue
        except ExpiradaSemEstoque as falta:
            raise recusa_da_vida("RESERVA_EXPIRADA", falta.numped) from None
    raise Ocupado("pedido")


def preparar(gw: Gateway, requisicao: Requisicao, medir: Medir = nao_medir, *, olha: bool = False) -> Pagamento:
    """Judge what needs no lock: billing, plan, sellers, and the customer on the order as it is seen now (R7, R8).

    ``olha``: the order is looked at, also where only its customer counts. Raises Recusa. Asks the CEP services with no
    connection held.
    """
    codcob, codplpag = pagamento.ler_pagamento(requisicao.dados)
    pre_venda, ordem = requisicao.pre_venda, None
    divide = gw.settings.pago == TV7
    completo = bool(pre_venda.cliente) and not faltantes(pre_venda.cliente or {})
    with gw.db.read() as connection:
        codcob, codplpag, avisos = _conhecidos(gw, connection, codcob, codplpag)
        vendedores = _vendedores(gw, connection, pre_venda)
        if divide or completo or (pre_venda.cliente and olha):
            ordem = _a_pagar(connection, pre_venda, com_linhas=divide)
            if ordem is None:
                return Pagamento(codcob, codplpag, tuple(avisos), vendedores=vendedores)
    numped = pre_venda.id_retaguarda or 0 if ordem is None else ordem.numped
    cliente = do_pagamento.preparar(gw, requisicao, numped, ordem, medir)
    previstas = _previstas(pre_venda, ordem) if divide and ordem is not None else None
    return Pagamento(codcob, codplpag, tuple(avisos), cliente, vendedores, previstas)


def _previstas(pre_venda: PreVenda, ordem: Ordem) -> tuple[int, int] | None:
    """The order's RCA and how many deliveries it will have, by its lines and the items sent (R23)."""
    if ordem.estado in _DE_OUTROS or ordem.estado is Estado.EXPIRADA:
        return None
    vivas = [linha for linha in ordem.vistas if linha.posicao != pedidos.CANCELADO]
    tipos = {linha.tipo_entrega for linha in vivas} if not pre_venda.itens else set()
    for item in pre_venda.itens:
        guardados = {linha.tipo_entrega for linha in vivas if item.produto and linha.codprod == item.produto.codprod}
        tipos |= guardados if item.tipo_entrega is None else {TIPOS_DE_ENTREGA[item.tipo_entrega]}
    quantas = len(tipos & A_ENTREGAR)
    return (ordem.codusur, quantas) if quantas else None


def _a_pagar(connection: Connection, pre_venda: PreVenda, *, com_linhas: bool) -> Ordem | None:
    """The order as it is seen without a lock, if this payment would have an effect on it."""
    ordem = pedidos.find(connection, pre_venda.id_retaguarda or 0, com_linhas=com_linhas)
    if ordem is not None and ordem.seguinte is not None:
        cabeca = reservas.fim_da_linhagem(connection, ordem.seguinte)
        ordem = pedidos.find(connection, cabeca, com_linhas=com_linhas)
    if ordem is None or ordem.filial != pre_venda.filial or ordem.numero != pre_venda.numero:
        return None
    efeito = passo(ordem.estado, Acao.CONFIRMAR, ordem.registrado).efeito
    return ordem if efeito not in {None, Efeito.NENHUM} else None


def _vendedores(gw: Gateway, connection: Connection, pre_venda: PreVenda) -> dict[IdVendedor, int | None]:
    """The RCA of each seller sent; an unknown matrícula has none."""
    enviados = {item.vendedor for item in pre_venda.itens if item.vendedor is not None}
    matriculas = sorted(v.codigo for v in enviados if not v.rca)
    funcionarios = gw.cadastros.funcionarios(connection, matriculas) if matriculas else {}
    rcas = {matricula: funcionario.codusur for matricula, funcionario in funcionarios.items()}
    return {v: v.codigo if v.rca else rcas.get(v.codigo) for v in enviados}


def _conhecidos(
    gw: Gateway, connection: Connection, codcob: str | None, codplpag: int | None
) -> tuple[str | None, int | None, list[Aviso]]:
    """The codes that exist; the money is in the till already, so an unknown one is told, not refused."""
    avisos: list[Aviso] = []
    if codcob is not None and not gw.cadastros.tem_cobranca(connection, codcob):
        campo = "/pagamentos/0/pagamentoForma/idRetaguarda"
        avisos.append(Aviso("COBRANCA_DESCONHECIDA", f"A cobrança {codcob} não existe no WinThor.", (campo,)))
        codcob = None
    if codplpag is not None and not gw.cadastros.tem_plano(connection, codplpag):
        campo = "/pagamentos/0/pagamentoCondicao/idRetaguarda"
        avisos.append(Aviso("PLANO_DESCONHECIDO", f"O plano {codplpag} não existe no WinThor.", (campo,)))
        codplpag = None
    return codcob, codplpag, avisos


def _gravar(tx: Transacao, pago: Pagamento) -> Desfecho:
    pre_venda = tx.requisicao.pre_venda
    divide = tx.gw.settings.pago == TV7
    trava_linhas = bool(pre_venda.itens or pago.codplpag or pago.cliente.definido or divide)
    alvo = lock_alvo(tx, Acao.CONFIRMAR, com_linhas=True, trava_linhas=trava_linhas)
    if alvo.efeito is Efeito.NENHUM:
        return _ja_paga(tx, alvo, pago, trava_linhas=trava_linhas)
    if pre_venda.cliente and pago.cliente.visto != alvo.ordem.codcli:
        raise PedidoMudou
    if alvo.efeito is Efeito.RESERVAR_DE_NOVO:
        return _pagar_expirada(tx, alvo, pago)
    ordem = alvo.ordem
    linhas = None
    if trava_linhas:
        fica = ordem.estado is Estado.RECONHECIDA
        linhas = linhas_pagas.lock_e_planejar(tx, ordem, pago.vendedores, renova=False, fica=fica)
        estoque.somar_reserva(tx.connection, linhas.variacoes)
    tx.medir("locks")
    paga = Estado.CONFIRMADA
    reservas.update(tx.connection, ordem.numped, utc(tx.gw.agora()), estado=paga, sem_prazo=True)
    recebido = _receber(tx, ordem, ordem.numped, pago, linhas)
    # What WinThor has moved stays where it is; what a person took over by its CODCOB is ours again.
    estado = ordem.estado if ordem.estado in _DE_OUTROS else paga
    feito = desfecho(
        tx,
        replace(ordem, codcli=recebido.codcli),
        alvo.efeito,
        f"Reserva paga: {ordem.numped}.",
        estado=estado,
        registrado=paga,
        avisos=(*alvo.avisos, *pago.avisos, *recebido.avisos),
        entregas=recebido.entregas,
        variacoes=linhas.variacoes if linhas is not None and any(linhas.variacoes.values()) else None,
    )
    return replace(feito, cadastro=recebido.cadastro)


def _ja_paga(tx: Transacao, alvo: Alvo, pago: Pagamento, *, trava_linhas: bool) -> Desfecho:
    """Nothing changes; a delivery that was not the one of the first payment is told."""
    ordem, avisos = alvo.ordem, [*alvo.avisos, *pago.avisos]
    feitas = entregas.da_familia([(entrega, entrega.vistas) for entrega in ordem.entregas])
    if trava_linhas:
        regra = tx.gw.regra_de_retencao(tx.connection, futura=ordem.futura)
        linhas = pedidos.lock_linhas(tx.connection, ordem, regra)
        feitas = entregas.da_familia([(da.entrega, da.linhas) for da in linhas.das_entregas])
        parcelas = linhas_pagas.casar(tx, ordem.numped, linhas.vivas)
        if linhas_pagas.mudaria(parcelas):
            texto = "A reserva já estava paga; a entrega que veio agora não mudou a dela."
            avisos.append(Aviso("ENTREGA_NAO_MUDADA", texto, ("/preVendaItens",)))
    tx.medir("locks")
    mensagem = f"A reserva {ordem.numped} já estava paga."
    return desfecho(tx, ordem, alvo.efeito, mensagem, avisos=tuple(avisos), entregas=feitas)


@dataclass(frozen=True, slots=True)
class _Recebido:
    """Whose the order is now, what it leaves by, what the caller must be told, what was changed of a customer."""

    codcli: int
    avisos: tuple[Aviso, ...]
    entregas: tuple[EntregaDaVenda, ...]
    cadastro: CadastroMudado | None


def _receber(tx: Transacao, ordem: Ordem, numped: int, pago: Pagamento, linhas: LinhasDoPagamento | None) -> _Recebido:
    """Write customer, billing, plan and lines of the order ``numped``; a CODCOB that a person has chosen in WinThor
    stays (R16). Locks the customer's row, or PCCONSUM."""
    gw = tx.gw
    gravado = do_pagamento.gravar(gw, tx.connection, tx.requisicao, pago.cliente)
    cliente, avisos = gravado.definido, gravado.avisos
    por_numero: Mapping[int, Sequence[LinhaPaga]] = {}
    if linhas is not None and ordem.estado not in _DE_OUTROS:
        por_numero, sem_numero = entregas.numeros(tx, ordem, linhas)
        avisos = (*avisos, *sem_numero)
    mudanca = MudancaDoPedido(
        codcob=pago.codcob if numped != ordem.numped or not ordem.codcob else None,
        cliente=cliente,
        plano=_plano(tx, pago, cliente),
        entrega=None if linhas is None else linhas_pagas.dia_da_entrega(linhas, ordem),
        numitens=None if linhas is None else linhas_pagas.numero_de_linhas(linhas),
        pelo_mapa=entregas.do_cabecalho(tx, numped) if por_numero else {},
    )
    escrita.update_pedido(tx.connection, gw.tabelas, gw.maps["PCPEDC"].columns, numped, mudanca)
    feitas: tuple[EntregaDaVenda, ...] = ()
    if linhas is not None:
        avisos = (*linhas.avisos, *avisos)
        da_venda = entregas.das_linhas(tx, numped, linhas.plano.linhas) if por_numero else {}
        linhas_pagas.gravar(tx, numped, linhas, mudanca, da_venda)
        feitas = entregas.gravar(tx, ordem, numped, mudanca.codcob or ordem.codcob, por_numero)
    codcli = ordem.codcli if cliente is None else cliente.codcli
    return _Recebido(codcli, avisos, feitas, gravado.cadastro)


def _plano(tx: Transacao, pago: Pagamento, cliente: Cliente | None) -> PlanoDePagamento | None:
    """The plan of the payment, else that of the customer the order gets; None: as it is."""
    codplpag = pago.codplpag
    if codplpag is None and cliente is not None:
        codplpag = cliente.codplpag or tx.gw.settings.codplpag
    return None if codplpag is None else tx.gw.cadastros.plano(tx.connection, codplpag)


def _pagar_expirada(tx: Transacao, alvo: Alvo, pago: Pagamento) -> Desfecho:
    """Late-payment rescue (R18): the expired order once more, under a new number, if its units are free."""
    gw, ordem = tx.gw, alvo.ordem
    linhas = linhas_pagas.lock_e_planejar(tx, ordem, pago.vendedores, renova=True, fica=False)
    novo = tx.numped(ordem.codusur)
    estoque.somar_reserva(tx.connection, linhas.variacoes)
    _copiar(tx, ordem, novo)
    ligar(tx, ordem, novo)
    with numero_novo(novo):
        reservas.insert(
            tx.connection,
            numped=novo,
            filial=ordem.filial,
            numero=ordem.numero,
            estado=Estado.CONFIRMADA,
            expira=None,
            anterior=ordem.numped,
            modo_kit=ordem.modo_kit or gw.settings.modo_kit,
            caller=tx.requisicao.caller,
            agora=utc(gw.agora()),
            solicitado=ordem.termo_solicitado,
            cadeia=ordem.cadeia,
        )
    operacoes.apontar_numero(tx.connection, ordem.filial, ordem.numero, novo)
    recebido = _receber(tx, ordem, novo, pago, linhas)
    feito = desfecho(
        tx,
        replace(ordem, codcli=recebido.codcli),
        alvo.efeito,
        f"A reserva {ordem.numped} tinha expirado; paga sob o número {novo}.",
        estado=Estado.CONFIRMADA,
        posicao=pedidos.LIBERADO,
        avisos=(*alvo.avisos, *pago.avisos, aviso_de_renovacao(ordem.numped), *recebido.avisos),
        entregas=recebido.entregas,
    )
    return replace(feito, numped=novo, substitui=ordem.numped, http=201, cadastro=recebido.cadastro)


def _copiar(tx: Transacao, ordem: Ordem, novo: int) -> None:
    """The rows of the order again under a new number, released today."""
    gw = tx.gw
    copiadas = ["PCPEDC", "PCPEDI", "PCPEDICESTA", *(["PCVENDACONSUM"] if gw.settings.grava_pcvendaconsum else [])]
    colunas = {nome: gw.maps[nome].columns for nome in copiadas}
    with numero_novo(novo):
        pedidos.copiar(tx.connection, gw.tabelas, colunas, ordem.numped, novo, gw.hora_do_erp(gw.agora()))
