"""The customer that a payment brings: an order that stands on the consumidor final gets it (R7, R22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain.cliente import Cliente, codigo_enviado, conferir_bloqueio, documento_enviado
from app.domain.desfecho import CadastroMudado
from app.domain.endereco import AcaoEndereco
from app.domain.recusas import Aviso
from app.mapping import ValueDoesNotFit
from app.services.cliente import atualizar, cep, novo
from app.services.cliente.atualizar import Atualizacao
from app.services.cliente.colunas import Registro
from app.services.cliente.consumidor import codigo_do_consumidor
from app.services.cliente.escolha import ClientesLidos, escolher_com_o_do_pedido
from app.services.gateway import Gateway
from app.services.operacao.registro import Medir, nao_medir
from app.services.operacao.requisicao import Requisicao
from app.winthor.db.faults import NumeracaoEsgotada
from app.winthor.db.transaction import Connection
from app.winthor.pedidos import Ordem


@dataclass(frozen=True, slots=True)
class ClienteDoPagamento:
    """What the order's customer becomes. ``visto``: the one it had when it was judged, None: it was not.

    ``definido``: whose the order is from now on, or who is to be inserted; None: it keeps the one it has.
    """

    visto: int | None = None
    consumidor: int = 0
    definido: Cliente | Registro | None = None
    atualizacao: Atualizacao | None = None
    avisos: tuple[Aviso, ...] = ()


NENHUM = ClienteDoPagamento()


def preparar(
    gw: Gateway, requisicao: Requisicao, numped: int, ordem: Ordem | None, medir: Medir = nao_medir
) -> ClienteDoPagamento:
    """Judge the customer sent against the one of the order ``numped``, without a lock.

    ``ordem``: the order as it was seen, where it was looked at; without it no CEP is asked for (R8), and a customer
    whose CEP should be is not judged. Nothing is refused for it: the money is in the till.
    """
    dados = requisicao.pre_venda.cliente
    if not dados:
        return NENHUM
    with gw.db.read() as connection:
        consumidor = codigo_do_consumidor(gw, connection, requisicao.pre_venda.filial or "")
        lidos = escolher_com_o_do_pedido(gw, connection, requisicao.pre_venda, consumidor, numped)
    codcli = ordem.codcli if ordem is not None else lidos.do_pedido
    if codcli is None:
        return NENHUM
    julgado = ClienteDoPagamento(codcli, consumidor)
    if codcli != consumidor:
        atual = lidos.cliente(codcli) or Cliente(codcli)
        atualizacao = atualizar.preparar(gw, requisicao, atual, consumidor, medir)
        return replace(julgado, atualizacao=atualizacao, avisos=_se_outro(dados, atual))
    escolhido = lidos.escolha.existente
    if escolhido is None:
        return NENHUM if ordem is None else _novo(gw, requisicao, ordem, lidos, julgado, medir)
    if escolhido.codcli == consumidor:
        avisos = () if codigo_enviado(dados) == consumidor else lidos.escolha.avisos
        return replace(julgado, avisos=avisos)
    if conferir_bloqueio(escolhido, gw.settings.permite_cliente_bloqueado):
        texto = f"O cliente {escolhido.codcli} está bloqueado no WinThor; o pedido ficou no consumidor final."
        aviso = Aviso("CLIENTE_BLOQUEADO_NO_PAGAMENTO", texto, ("/cliente",))
        return replace(julgado, avisos=(*lidos.escolha.avisos, aviso))
    atualizacao = atualizar.preparar(gw, requisicao, escolhido, consumidor, medir)
    return replace(julgado, definido=escolhido, atualizacao=atualizacao, avisos=lidos.escolha.avisos)


def _se_outro(dados: Mapping[str, Any], atual: Cliente) -> tuple[Aviso, ...]:
    """CLIENTE_DIFERENTE when another customer than the order's was sent, by code or document."""
    codigo, documento = codigo_enviado(dados), documento_enviado(dados)
    if (codigo is None and documento is None) or codigo == atual.codcli:
        return ()
    if atualizar.e_o_enviado(replace(atual, excluido=False), dados, 0):
        return ()
    texto = f"O pagamento veio com outro cliente; o pedido segue do cliente {atual.codcli}."
    return (Aviso("CLIENTE_DIFERENTE", texto, ("/cliente",)),)


def _novo(
    gw: Gateway, requisicao: Requisicao, ordem: Ordem, lidos: ClientesLidos, julgado: ClienteDoPagamento, medir: Medir
) -> ClienteDoPagamento:
    """A complete customer that WinThor does not know: to be inserted, unless its CEP is unknown (R8)."""
    with gw.db.read() as connection:
        valores = gw.parametros.ler(connection, ordem.filial)
    medir("conferencia")
    decisao = cep.decidir(gw, requisicao.pre_venda.cliente or {}, valores, rejeita=False)
    medir("cep")
    avisos = (*lidos.escolha.avisos, *decisao.avisos)
    if decisao.acao is not AcaoEndereco.GRAVAR:
        aviso = Aviso("CONSUMIDOR_FINAL", "CEP não aceito: usado o consumidor final.", ("/cliente",))
        return replace(julgado, avisos=(*avisos, aviso))
    with gw.db.read() as connection:
        registro = novo.preparar(
            gw,
            connection,
            requisicao.pre_venda,
            documento=lidos.escolha.documento or "",
            codusur=ordem.codusur,
            valores=valores,
            endereco=decisao.endereco,
        )
    _, cortados = novo.cortes(gw, requisicao.pre_venda.cliente or {})
    return replace(julgado, definido=registro, avisos=(*avisos, *cortados))


@dataclass(frozen=True, slots=True)
class ClienteGravado:
    """Whose the order is from now on, None: it keeps the one it has; what was changed of one that existed."""

    definido: Cliente | None
    avisos: tuple[Aviso, ...]
    cadastro: CadastroMudado | None = None


def gravar(gw: Gateway, connection: Connection, requisicao: Requisicao, julgado: ClienteDoPagamento) -> ClienteGravado:
    """Insert or update the customer. Locks PCCLIENT's row, or PCCONSUM. Raises ClienteSurgiu and Ocupado."""
    definido, avisos = julgado.definido, list(julgado.avisos)
    cadastro: CadastroMudado | None = None
    if isinstance(definido, Registro):
        try:
            definido = novo.inserir(gw, connection, requisicao, definido)
        except (ValueDoesNotFit, NumeracaoEsgotada):
            texto = "O cliente não pôde ser cadastrado no WinThor: o pedido ficou no consumidor final."
            return ClienteGravado(None, (*avisos, Aviso("CONSUMIDOR_FINAL", texto, ("/cliente",))))
    elif julgado.atualizacao is not None:
        gravada = atualizar.gravar(gw, connection, requisicao, julgado.atualizacao, julgado.consumidor)
        avisos += gravada.avisos
        cadastro = gravada.mudado
    if definido is not None:
        texto = f"O cliente do pedido passou a ser o {definido.codcli}, que veio no pagamento."
        avisos.append(Aviso("CLIENTE_DEFINIDO_NO_PAGAMENTO", texto, ("/cliente",)))
    return ClienteGravado(definido, tuple(avisos), cadastro)
