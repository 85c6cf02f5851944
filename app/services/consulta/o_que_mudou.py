"""What an accepted operation changed, table by table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.domain.dinheiro import ZERO, texto
from app.domain.estoque import Chave
from app.domain.pre_venda import Situacao
from app.domain.vida import Efeito, Estado
from app.services.gateway import Gateway
from app.services.operacao.requisicao import numero_curto
from app.winthor import pedidos
from app.winthor.consultas import lista_de_reservas
from app.winthor.consultas.lista_de_operacoes import Linha
from app.winthor.db.transaction import Connection

# What WinThor makes of a live reservation; GW_RESERVA keeps what it was.
_NO_WINTHOR = frozenset({Estado.RECONHECIDA, Estado.BLOQUEADA, Estado.ASSUMIDA})

Variacoes = Mapping[Chave, Decimal]
Mudanca = dict[str, Any]


def o_que_mudou(
    gw: Gateway, connection: Connection, row: Linha, requisicao: dict[str, Any] | None, resposta: Any
) -> list[Mudanca]:
    """What an accepted operation changed, table by table, told from the orders it names."""
    numped = row["NUMPED"]
    resposta, requisicao = resposta or {}, requisicao or {}
    data = resposta.get("data") or {}
    if numped is None:
        return []
    if _ja_encerrada(row, resposta):
        return [{"tabela": "nenhuma", "mudanca": "A reserva já estava encerrada; nada mudou."}]
    estado = data.get("situacaoReserva") or _estado(connection, numped)
    if requisicao.get("acao") == "correcao":
        return [*_liberadas(requisicao.get("liberadas") or ()), _gateway(numped, estado)]
    ordem = pedidos.ler(connection, numped)
    modo = (None if ordem is None else ordem.modo_kit) or gw.settings.modo_kit
    if row["OPERACAO"] == "C":
        retinha = _retinha(requisicao, data)
        return [*_do_cancelamento(connection, numped, modo, retinha), _gateway(numped, "CANCELADA ou EXPIRADA")]
    anterior = data.get("substitui") if row["OPERACAO"] == "A" else None
    if row["OPERACAO"] == "I" or (anterior is not None and anterior == row["IDRETAGUARDA"] != numped):
        criada = _da_criacao(connection, numped, anterior, modo)
        return [*criada, _gateway(numped, "AUTORIZADA", data.get("expiraEm"))]
    if estado in _NO_WINTHOR and row["SITUACAO"] is not None:
        return [_no_winthor(numped, estado, pago=row["SITUACAO"] == Situacao.RECEBIDO)]
    return [_gateway(numped, estado, data.get("expiraEm"))]


def _ja_encerrada(row: Linha, resposta: Mapping[str, Any]) -> bool:
    """Whether a cancellation found the reservation ended; one recorded before EFEITO was kept says so in words only."""
    if row["EFEITO"] is None:
        return "já estava encerrada" in str(resposta.get("message", ""))
    return bool(row["OPERACAO"] == "C" and row["EFEITO"] == Efeito.NENHUM.name)


def _retinha(requisicao: Mapping[str, Any], data: Mapping[str, Any]) -> bool | None:
    """Whether a cancelled order was in a position that holds stock; None when nothing that was recorded tells."""
    if any(aviso.get("codigo") == "PEDIDO_BLOQUEADO" for aviso in data.get("avisos") or ()):
        return False
    # The sweep passes over whatever WinThor holds back (R18).
    return True if requisicao.get("acao") == "expiracao" else None


def _liberadas(partes: Sequence[Mapping[str, Any]]) -> list[Mudanca]:
    return _estoque({(parte["filial"], parte["codprod"]): -Decimal(str(parte["quantidade"])) for parte in partes})


def _do_cancelamento(connection: Connection, numped: int, modo: str, retinha: bool | None) -> list[Mudanca]:
    """``retinha``: whether the order held stock, None when that is not known."""
    linhas = pedidos.ler_linhas(connection, numped)
    pedido: list[Mudanca] = [
        {"tabela": "PCPEDC", "mudanca": f"Pedido {numped}: posição C, com data e funcionário do cancelamento."},
        {"tabela": "PCPEDI", "mudanca": f"{len(linhas)} linha(s): posição C."},
    ]
    if retinha is False:
        return [*pedido, {"tabela": "PCEST", "mudanca": "Nada: bloqueado no WinThor, o pedido não retinha estoque."}]
    soltas = {chave: -quantidade for chave, quantidade in pedidos.unidades(linhas, modo).items()}
    return [*pedido, *_estoque(soltas, "" if retinha else ", se o pedido não estava bloqueado no WinThor")]


def _da_criacao(connection: Connection, numped: int, anterior: int | None, modo: str) -> list[Mudanca]:
    """A new order; ``anterior``: the one it replaces, whose units count against its own."""
    linhas = pedidos.ler_linhas(connection, numped)
    unidades: Variacoes = pedidos.unidades(linhas, modo)
    mudancas: list[Mudanca] = []
    if anterior is not None:
        mudancas.append({"tabela": "PCPEDC", "mudanca": f"Pedido {anterior}: posição C (substituído)."})
        antigas = pedidos.unidades(pedidos.ler_linhas(connection, anterior), modo)
        chaves = sorted({*unidades, *antigas})
        unidades = {chave: unidades.get(chave, ZERO) - antigas.get(chave, ZERO) for chave in chaves}
    mudancas += [
        {"tabela": "PCPEDC", "mudanca": f"Pedido {numped} incluído na posição L."},
        {"tabela": "PCPEDI", "mudanca": f"{len(linhas)} linha(s) incluída(s)."},
    ]
    if partes := sum(len(linha.partes) for linha in linhas):
        mudancas.append({"tabela": "PCPEDICESTA", "mudanca": f"{partes} componente(s) de kit incluído(s)."})
    return [*mudancas, *_estoque(unidades)]


def _estado(connection: Connection, numped: int) -> str:
    reserva = lista_de_reservas.uma(connection, numped)
    return str(reserva["ESTADO"]) if reserva is not None else "?"


def _estoque(variacoes: Variacoes, ressalva: str = "") -> list[Mudanca]:
    return [
        {
            "tabela": "PCEST",
            "mudanca": f"Filial {filial}, produto {codprod}: QTRESERV {_com_sinal(q)}{ressalva}.",
            "filial": filial,
            "codprod": codprod,
            "variacao": numero_curto(q),
        }
        for (filial, codprod), q in variacoes.items()
        if q
    ]


def _com_sinal(quantidade: Decimal) -> str:
    return f"{'+' if quantidade > 0 else '−'}{texto(abs(quantidade))}"


def _no_winthor(numped: int, estado: str, *, pago: bool) -> Mudanca:
    if pago:
        return {"tabela": "GW_RESERVA", "mudanca": f"Reserva {numped}: CONFIRMADA; no WinThor segue {estado}."}
    return {"tabela": "nenhuma", "mudanca": f"O resgate ficou no registro; no WinThor a reserva segue {estado}."}


def _gateway(numped: int, estado: str, expira: str | None = None) -> Mudanca:
    prazo = f", até {dt.datetime.fromisoformat(expira):%d/%m/%Y %H:%M}" if expira else ""
    return {"tabela": "GW_RESERVA", "mudanca": f"Reserva {numped}: {estado}{prazo}."}
