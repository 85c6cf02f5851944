"""One operation with all that is known of it."""

from __future__ import annotations

from typing import Any

from app.domain.privacidade import OCULTO, para_o_log
from app.domain.recusas import Recusa
from app.services.acesso.credenciais import Caller
from app.services.consulta import reservas
from app.services.consulta.explicacoes import explicar
from app.services.consulta.log_gravado import evento_json, ler_objeto, linha_json
from app.services.consulta.o_que_mudou import o_que_mudou
from app.services.consulta.operacoes import instante, ler_json, operacao_json
from app.services.gateway import Gateway
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas.lista_de_operacoes import Linha


def detalhar(gw: Gateway, caller: Caller, id_operacao: str) -> dict[str, Any] | None:
    """One operation: request and answer (masked), times, reason in words, what changed, lineage and events.

    None when there is none, or it is of a branch the caller may not see.
    """
    with gw.db.read() as connection:
        row = lista_de_operacoes.uma_operacao(connection, id_operacao)
        if row is None or not _pode_ver(caller, row["CODFILIAL"]):
            return None
        log = lista_de_operacoes.linha_do_log(connection, row["LOGROWID"]) if row["LOGROWID"] else None
        if log is not None and (log["OPERACAO"], log["STATUS"]) != (row["OPERACAO"], row["ESTADO"]):
            log = None  # the address has been given to another row
        requisicao = _requisicao(gw, log)
        resposta = ler_json(row["RESPOSTA"])
        tabelas = o_que_mudou(gw, connection, row, requisicao, resposta) if row["ESTADO"] == "A" else []
        eventos = []
        if row["CODFILIAL"] and row["NUMERO"]:
            eventos = lista_de_reservas.eventos(connection, row["CODFILIAL"], row["NUMERO"])
    explicacao = explicar(row["CODIGO"])
    inicio, fim = row["DTINICIO"], row["DTFIM"]
    return {
        **operacao_json(row),
        "situacaoPreVenda": row["SITUACAO"],
        "duracaoMs": None if fim is None else round((fim - inicio).total_seconds() * 1000),
        "limite": instante(row["DTLIMITE"]),
        "requisicao": requisicao,
        "resposta": resposta,
        "erros": (resposta or {}).get("errors") or [],
        "explicacao": None
        if explicacao is None
        else {"oQue": explicacao.o_que, "oQueFazer": explicacao.o_que_fazer, "rotina": _rotina(explicacao, resposta)},
        "log": None if log is None else linha_json(log),
        "tabelas": tabelas,
        "linhagem": _linhagem(gw, caller, row["NUMPED"] or row["IDRETAGUARDA"]),
        "eventos": [evento_json(evento, instante(evento["DTINICIO"])) for evento in eventos],
    }


def _rotina(explicacao: Any, resposta: Any) -> str | None:
    """The routine named by the refusal itself, else the usual one of its code."""
    for problema in (resposta or {}).get("errors") or ():
        if problema.get("rotina"):
            return str(problema["rotina"])
    rotina: str | None = explicacao.rotina
    return rotina


def _pode_ver(caller: Caller, filial: str | None) -> bool:
    return caller.filiais is None or (filial is not None and filial in caller.filiais)


def _requisicao(gw: Gateway, log: Linha | None) -> dict[str, Any] | None:
    """The logged request without its answer, the customer masked; None when the row is gone or is no JSON."""
    corpo = ler_objeto(None if log is None else log["JSON"])
    if corpo is None:
        return None
    corpo.pop("retorno", None)
    # Members that the contract does not know are stored hidden, so a legible one is the gateway's own action.
    if corpo.get("acao") not in {None, OCULTO}:
        return corpo
    return para_o_log(corpo, gw.json_paths, claro=False)


def _linhagem(gw: Gateway, caller: Caller, numped: int | None) -> list[dict[str, Any]]:
    if numped is None:
        return []
    try:
        linhagem: list[dict[str, Any]] = reservas.detalhar(gw, caller, numped)["linhagem"]
    except Recusa:
        return []
    return linhagem
