"""What an accepted operation changed, table by table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.desfecho import RespostaGravada
from app.domain.dinheiro import ZERO, texto
from app.domain.estoque import Chave
from app.domain.linhas import unidades
from app.domain.pre_venda import Situacao
from app.domain.remanejamento import variacoes
from app.domain.vida import Efeito, Estado
from app.services.gateway import Gateway
from app.winthor import pedidos
from app.winthor.consultas import lista_de_reservas
from app.winthor.consultas.lista_de_operacoes import OperacaoDoLog
from app.winthor.db.transaction import Connection

# What WinThor makes of a live reservation; GW_RESERVA keeps what it was.
_NO_WINTHOR = frozenset({Estado.RECONHECIDA, Estado.BLOQUEADA, Estado.ASSUMIDA})

Variacoes = Mapping[Chave, Decimal]


@dataclass(frozen=True, slots=True)
class Mudanca:
    """What was done in a table, in words; of a stock row also by how much QTRESERV moved."""

    tabela: str
    mudanca: str
    filial: str | None = None
    codprod: int | None = None
    variacao: Decimal | None = None


def o_que_mudou(
    gw: Gateway,
    connection: Connection,
    operacao: OperacaoDoLog,
    requisicao: Mapping[str, Any] | None,
    resposta: RespostaGravada,
) -> list[Mudanca]:
    """What an accepted operation changed, table by table, told from the orders it names."""
    numped = operacao.numped
    requisicao = requisicao or {}
    if numped is None:
        return []
    if _ja_encerrada(operacao, resposta):
        return [Mudanca("nenhuma", "A reserva já estava encerrada; nada mudou.")]
    estado = resposta.situacao or _estado(connection, numped)
    if requisicao.get("acao") == "correcao":
        return [*_liberadas(requisicao.get("liberadas") or ()), _gateway(numped, estado)]
    ordem = pedidos.find(connection, numped)
    modo = (None if ordem is None else ordem.modo_kit) or gw.settings.modo_kit
    if operacao.efeito == Efeito.MUDAR_FILIAL.name:
        return _do_remanejamento(connection, numped, resposta, modo)
    if operacao.operacao == "C":
        retinha = _retinha(requisicao, resposta)
        return [*_do_cancelamento(connection, numped, modo, retinha), _gateway(numped, "CANCELADA ou EXPIRADA")]
    anterior = resposta.substitui if operacao.operacao == "A" else None
    if operacao.operacao == "I" or (anterior is not None and anterior == operacao.id_retaguarda != numped):
        criada = _da_criacao(connection, numped, anterior, modo)
        return [*criada, _gateway(numped, "AUTORIZADA", resposta.expira)]
    if estado in _NO_WINTHOR and operacao.situacao is not None:
        return [_no_winthor(numped, estado, pago=operacao.situacao == Situacao.RECEBIDO)]
    return [_gateway(numped, estado, resposta.expira)]


def do_cadastro(cadastro: Any) -> list[Mudanca]:
    """What a payment changed of a customer, as its log row keeps it: by whom, and which columns; None: nothing, and so
    is what has another shape."""
    lidas = cadastro.get("colunas") if isinstance(cadastro, Mapping) else None
    if not isinstance(lidas, list):
        return []
    colunas = ", ".join(_coluna(c) for c in lidas if isinstance(c, Mapping))
    quem = f"pelo login {cadastro.get('login')}, documento {cadastro.get('documento')}"
    return [Mudanca("PCCLIENT", f"Cliente {cadastro.get('codcli')}, {quem}: {colunas}.")]


def _coluna(mudada: Mapping[str, Any]) -> str:
    if "depois" not in mudada:
        return str(mudada.get("coluna"))
    return f"{mudada.get('coluna')} ({mudada.get('antes') or 'vazio'} → {mudada['depois'] or 'vazio'})"


def _ja_encerrada(operacao: OperacaoDoLog, resposta: RespostaGravada) -> bool:
    """Whether a cancellation found the reservation ended; one recorded before EFEITO was kept says so in words only."""
    if operacao.efeito is None:
        return "já estava encerrada" in resposta.mensagem
    return operacao.operacao == "C" and operacao.efeito == Efeito.NENHUM.name


def _retinha(requisicao: Mapping[str, Any], resposta: RespostaGravada) -> bool | None:
    """Whether a cancelled order was in a position that holds stock; None when nothing that was recorded tells."""
    if any(aviso.get("codigo") == "PEDIDO_BLOQUEADO" for aviso in resposta.avisos):
        return False
    # The sweep passes over whatever WinThor holds back (R18).
    return True if requisicao.get("acao") == "expiracao" else None


def _liberadas(partes: Sequence[Mapping[str, Any]]) -> list[Mudanca]:
    return _estoque({(parte["filial"], parte["codprod"]): -Decimal(str(parte["quantidade"])) for parte in partes})


def _do_cancelamento(connection: Connection, numped: int, modo: str, retinha: bool | None) -> list[Mudanca]:
    """``retinha``: whether the order held stock, None when that is not known."""
    linhas = pedidos.find_linhas(connection, numped)
    pedido: list[Mudanca] = [
        Mudanca("PCPEDC", f"Pedido {numped}: posição C, com data e funcionário do cancelamento."),
        Mudanca("PCPEDI", f"{len(linhas)} linha(s): posição C."),
    ]
    if retinha is False:
        return [*pedido, Mudanca("PCEST", "Nada: bloqueado no WinThor, o pedido não retinha estoque.")]
    soltas = {chave: -quantidade for chave, quantidade in unidades(linhas, modo).items()}
    return [*pedido, *_estoque(soltas, "" if retinha else ", se o pedido não estava bloqueado no WinThor")]


def _da_criacao(connection: Connection, numped: int, anterior: int | None, modo: str) -> list[Mudanca]:
    """A new order; ``anterior``: the one it replaces, whose units count against its own."""
    linhas = pedidos.find_linhas(connection, numped)
    variacoes: Variacoes = unidades(linhas, modo)
    mudancas: list[Mudanca] = []
    if anterior is not None:
        mudancas.append(Mudanca("PCPEDC", f"Pedido {anterior}: posição C (substituído)."))
        antigas = unidades(pedidos.find_linhas(connection, anterior), modo)
        chaves = sorted({*variacoes, *antigas})
        variacoes = {chave: variacoes.get(chave, ZERO) - antigas.get(chave, ZERO) for chave in chaves}
    mudancas += [
        Mudanca("PCPEDC", f"Pedido {numped} incluído na posição L."),
        Mudanca("PCPEDI", f"{len(linhas)} linha(s) incluída(s)."),
    ]
    if partes := sum(len(linha.partes) for linha in linhas):
        mudancas.append(Mudanca("PCPEDICESTA", f"{partes} componente(s) de kit incluído(s)."))
    return [*mudancas, *_estoque(variacoes)]


def _do_remanejamento(connection: Connection, numped: int, resposta: RespostaGravada, modo: str) -> list[Mudanca]:
    """Lines that come from another branch."""
    movidas = [f"{m.numseq}: da filial {m.de} para a {m.para}" for m in resposta.linhas]
    linhas = pedidos.find_linhas(connection, numped)
    return [
        Mudanca("PCPEDI", f"Linha {'; linha '.join(movidas)}."),
        *_estoque(variacoes(linhas, resposta.linhas, modo)),
    ]


def _estado(connection: Connection, numped: int) -> str:
    reserva = lista_de_reservas.uma(connection, numped)
    return reserva.estado.value if reserva is not None else "?"


def _estoque(variacoes: Variacoes, ressalva: str = "") -> list[Mudanca]:
    return [
        Mudanca("PCEST", f"Filial {filial}, produto {codprod}: QTRESERV {_com_sinal(q)}{ressalva}.", filial, codprod, q)
        for (filial, codprod), q in variacoes.items()
        if q
    ]


def _com_sinal(quantidade: Decimal) -> str:
    return f"{'+' if quantidade > 0 else '−'}{texto(abs(quantidade))}"


def _no_winthor(numped: int, estado: str, *, pago: bool) -> Mudanca:
    if pago:
        return Mudanca("GW_RESERVA", f"Reserva {numped}: CONFIRMADA; no WinThor segue {estado}.")
    return Mudanca("nenhuma", f"O resgate ficou no registro; no WinThor a reserva segue {estado}.")


def _gateway(numped: int, estado: str, expira: dt.datetime | None = None) -> Mudanca:
    prazo = "" if expira is None else f", até {expira:%d/%m/%Y %H:%M}"
    return Mudanca("GW_RESERVA", f"Reserva {numped}: {estado}{prazo}.")
