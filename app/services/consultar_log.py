"""One operation with all that is known of it, refusals grouped, exports, and log rows of other services."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import simplejson

from app.domain.dinheiro import texto
from app.domain.estoque import Chave
from app.domain.privacidade import OCULTO, para_o_log
from app.domain.recusas import Recusa
from app.services import consultar_reservas
from app.services.consultar import FiltroDoLog, filtro_sql, instante, ler_json, listar_log, operacao_json
from app.services.credenciais import Caller
from app.services.explicacoes import explicar
from app.services.gateway import Gateway, utc
from app.services.pedido import json_texto, numero_curto
from app.winthor import consultas, operacoes, ordens, reservas_consulta
from app.winthor.consultas import Linha
from app.winthor.db import Connection

PERIODO_PADRAO = dt.timedelta(hours=24)
HORAS_DO_GRAFICO = 24
EXPORTACAO_MAXIMA = 10_000
JANELA_MAXIMA = dt.timedelta(days=7)
EXTERNAS_MAXIMAS = 200

Variacoes = Mapping[Chave, Decimal]


def detalhar(gw: Gateway, caller: Caller, id_operacao: str) -> dict[str, Any] | None:
    """One operation: request and answer (masked), times, reason in words, what changed, lineage and events.

    None when there is none, or it is of a branch the caller may not see.
    """
    with gw.db.read() as connection:
        row = consultas.uma_operacao(connection, id_operacao)
        if row is None or not _pode_ver(caller, row["CODFILIAL"]):
            return None
        log = consultas.linha_do_log(connection, row["LOGROWID"]) if row["LOGROWID"] else None
        if log is not None and (log["OPERACAO"], log["STATUS"]) != (row["OPERACAO"], row["ESTADO"]):
            log = None  # the address has been given to another row
        requisicao = _requisicao(gw, log)
        resposta = ler_json(row["RESPOSTA"])
        tabelas = _o_que_mudou(gw, connection, row, requisicao, resposta) if row["ESTADO"] == "A" else []
        eventos = []
        if row["CODFILIAL"] and row["NUMERO"]:
            eventos = reservas_consulta.eventos(connection, row["CODFILIAL"], row["NUMERO"])
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
        "log": None if log is None else _log_json(log),
        "tabelas": tabelas,
        "linhagem": _linhagem(gw, caller, row["NUMPED"] or row["IDRETAGUARDA"]),
        "eventos": [_evento(evento) for evento in eventos],
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
    corpo = _ler_objeto(None if log is None else log["JSON"])
    if corpo is None:
        return None
    corpo.pop("retorno", None)
    # Members that the contract does not know are stored hidden, so a legible one is the gateway's own action.
    if corpo.get("acao") not in {None, OCULTO}:
        return corpo
    return para_o_log(corpo, gw.json_paths, claro=False)


def _ler_objeto(texto_json: str | None) -> dict[str, Any] | None:
    try:
        lido = simplejson.loads(texto_json or "", use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return lido if isinstance(lido, dict) else None


def _log_json(log: Linha) -> dict[str, Any]:
    return {
        "data": None if log["DATA"] is None else log["DATA"].isoformat(timespec="seconds"),
        "numped": log["NUMPED"],
        "posicao": log["POSICAO"],
        "operacao": log["OPERACAO"],
        "status": log["STATUS"],
        "codcli": log["CODCLI"],
    }


def _evento(evento: Linha) -> dict[str, Any]:
    return {
        "id": evento["ID"],
        "quando": instante(evento["DTINICIO"]),
        "operacao": evento["OPERACAO"],
        "status": evento["ESTADO"],
        "codigo": evento["CODIGO"],
        "situacaoPreVenda": evento["SITUACAO"],
        "idRetaguarda": evento["IDRETAGUARDA"],
        "idPedidoRetaguarda": evento["NUMPED"],
        "caller": evento["CALLER"],
    }


def _linhagem(gw: Gateway, caller: Caller, numped: int | None) -> list[dict[str, Any]]:
    if numped is None:
        return []
    try:
        linhagem: list[dict[str, Any]] = consultar_reservas.detalhar(gw, caller, numped)["linhagem"]
    except Recusa:
        return []
    return linhagem


def _o_que_mudou(
    gw: Gateway, connection: Connection, row: Linha, requisicao: dict[str, Any] | None, resposta: Any
) -> list[dict[str, Any]]:
    """What an accepted operation changed, table by table, told from the orders it names."""
    numped = row["NUMPED"]
    data = (resposta or {}).get("data") or {}
    if numped is None or "já estava encerrada" in str((resposta or {}).get("message", "")):
        return [{"tabela": "nenhuma", "mudanca": "A reserva já estava encerrada; nada mudou."}] if numped else []
    reserva = reservas_consulta.uma(connection, numped)
    ordem = ordens.ler(connection, numped)
    modo = (None if ordem is None else ordem.modo_kit) or gw.settings.modo_kit
    if (requisicao or {}).get("acao") == "correcao":
        liberadas = (requisicao or {}).get("liberadas") or ()
        soltas = {(parte["filial"], parte["codprod"]): -Decimal(str(parte["quantidade"])) for parte in liberadas}
        return [*_estoque(soltas), _gateway(numped, data.get("situacaoReserva") or _estado(reserva))]
    linhas = ordens.ler_linhas(connection, numped)
    unidades = ordens.unidades(linhas, modo)
    if row["OPERACAO"] == "C":
        mudancas = [
            {"tabela": "PCPEDC", "mudanca": f"Pedido {numped}: posição C, com data e funcionário do cancelamento."},
            {"tabela": "PCPEDI", "mudanca": f"{len(linhas)} linha(s): posição C."},
        ]
        return [*mudancas, *_estoque({k: -v for k, v in unidades.items()}), _gateway(numped, "CANCELADA ou EXPIRADA")]
    anterior = data.get("substitui") if row["OPERACAO"] == "A" else None
    criou = row["OPERACAO"] == "I" or (anterior is not None and anterior == row["IDRETAGUARDA"] != numped)
    if not criou:
        return [_gateway(numped, data.get("situacaoReserva") or _estado(reserva), data.get("expiraEm"))]
    partes = sum(len(linha.partes) for linha in linhas)
    mudancas = [
        {"tabela": "PCPEDC", "mudanca": f"Pedido {numped} incluído na posição L."},
        {"tabela": "PCPEDI", "mudanca": f"{len(linhas)} linha(s) incluída(s)."},
    ]
    if partes:
        mudancas.append({"tabela": "PCPEDICESTA", "mudanca": f"{partes} componente(s) de kit incluído(s)."})
    if row["OPERACAO"] == "A":
        mudancas.insert(0, {"tabela": "PCPEDC", "mudanca": f"Pedido {anterior}: posição C (substituído)."})
        antigas = ordens.unidades(ordens.ler_linhas(connection, int(anterior or 0)), modo)
        unidades = {
            chave: unidades.get(chave, Decimal(0)) - antigas.get(chave, Decimal(0))
            for chave in sorted({*unidades, *antigas})
        }
    return [*mudancas, *_estoque(unidades), _gateway(numped, "AUTORIZADA", data.get("expiraEm"))]


def _estado(reserva: Linha | None) -> str:
    return str(reserva["ESTADO"]) if reserva is not None else "?"


def _estoque(variacoes: Variacoes) -> list[dict[str, Any]]:
    return [
        {
            "tabela": "PCEST",
            "mudanca": f"Filial {filial}, produto {codprod}: QTRESERV {'+' if q > 0 else '−'}{texto(abs(q))}.",
            "filial": filial,
            "codprod": codprod,
            "variacao": numero_curto(q),
        }
        for (filial, codprod), q in variacoes.items()
        if q
    ]


def _gateway(numped: int, estado: str, expira: str | None = None) -> dict[str, Any]:
    prazo = f", até {dt.datetime.fromisoformat(expira):%d/%m/%Y %H:%M}" if expira else ""
    return {"tabela": "GW_RESERVA", "mudanca": f"Reserva {numped}: {estado}{prazo}."}


def resumir(gw: Gateway, filtro: FiltroDoLog) -> dict[str, Any]:
    """Counts by status and refusals by code of the filtered operations; without a period, of the last 24 hours.

    ``porHora``: the 24 hours up to the end of the period, oldest first.
    """
    agora = gw.agora()
    fim = filtro.ate or agora
    de = filtro.de or fim - PERIODO_PADRAO
    base = filtro_sql(replace(filtro, de=de, ate=filtro.ate))
    primeira_hora = _baldes(utc(fim))[0].replace(tzinfo=dt.UTC)
    grafico = filtro_sql(replace(filtro, de=primeira_hora, ate=filtro.ate))
    with gw.db.read() as connection:
        contagens = consultas.contar_por_status(connection, base)
        recusas = consultas.recusas_por_codigo(connection, base)
        horas = consultas.por_hora(connection, grafico)
        pendente = consultas.mais_antiga_pendente(connection, filtro.filiais)
    return {
        "de": instante(utc(de)),
        "ate": instante(utc(fim)),
        "contagens": {estado: contagens.get(estado, 0) for estado in ("A", "R", "P")},
        "pendenteDesde": instante(pendente),
        "pendenteSegundos": None if pendente is None else int((utc(agora) - pendente).total_seconds()),
        "recusas": _agrupar(recusas, horas, utc(fim)),
        "porHora": _horas(horas, utc(fim)),
    }


def _baldes(fim: dt.datetime) -> list[dt.datetime]:
    ultima = fim.replace(minute=0, second=0, microsecond=0)
    return [ultima - dt.timedelta(hours=n) for n in reversed(range(HORAS_DO_GRAFICO))]


def _horas(rows: Sequence[Linha], fim: dt.datetime) -> list[dict[str, Any]]:
    por_balde: dict[tuple[int, int], dict[str, int]] = {}
    for row in rows:
        balde = por_balde.setdefault((int(row["DIA"]), int(row["HORA"])), {"A": 0, "R": 0, "P": 0})
        balde[row["ESTADO"]] = balde.get(row["ESTADO"], 0) + int(row["QUANTAS"])
    vazio = {"A": 0, "R": 0, "P": 0}
    return [{"hora": instante(h), **por_balde.get((h.day, h.hour), vazio)} for h in _baldes(fim)]


def _agrupar(rows: Sequence[Linha], horas: Sequence[Linha], fim: dt.datetime) -> list[dict[str, Any]]:
    grupos: dict[str, list[Linha]] = {}
    for row in rows:
        grupos.setdefault(row["CODIGO"] or "?", []).append(row)
    baldes = _baldes(fim)
    achados = []
    for codigo, linhas in grupos.items():
        contagem = {
            (int(h["DIA"]), int(h["HORA"])): int(h["QUANTAS"])
            for h in horas
            if h["ESTADO"] == "R" and (h["CODIGO"] or "?") == codigo
        }
        achados.append(
            {
                "codigo": codigo,
                "quantas": sum(int(linha["QUANTAS"]) for linha in linhas),
                "primeira": instante(min(linha["PRIMEIRA"] for linha in linhas)),
                "ultima": instante(max(linha["ULTIMA"] for linha in linhas)),
                "filiais": sorted({linha["CODFILIAL"] for linha in linhas if linha["CODFILIAL"]}),
                "porHora": [contagem.get((h.day, h.hour), 0) for h in baldes],
            }
        )
    return sorted(achados, key=lambda grupo: (-int(str(grupo["quantas"])), str(grupo["codigo"])))


@dataclass(frozen=True, slots=True)
class Exportacao:
    """The text of an export; ``truncada`` when there were more rows than it may hold."""

    conteudo: str
    truncada: bool


COLUNAS = (
    "id",
    "inicio",
    "fim",
    "operacao",
    "status",
    "codigo",
    "http",
    "filial",
    "numero",
    "idPedidoRetaguarda",
    "idRetaguarda",
    "caller",
)
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_MARCA_UTF8 = "\ufeff"


def exportar(gw: Gateway, filtro: FiltroDoLog, formato: str) -> Exportacao:
    """The filtered operations as ``csv`` (semicolons, as Brazilian spreadsheets read it) or ``json``."""
    itens: list[dict[str, Any]] = []
    cursor = filtro.cursor
    while len(itens) < EXPORTACAO_MAXIMA:
        pagina = listar_log(gw, replace(filtro, cursor=cursor, limite=200))
        itens += pagina["itens"]
        cursor = pagina["proximo"]
        if cursor is None:
            break
    itens = itens[:EXPORTACAO_MAXIMA]
    if formato == "json":
        return Exportacao(json_texto({"itens": itens, "truncada": cursor is not None}), cursor is not None)
    folha = io.StringIO()
    escritor = csv.writer(folha, delimiter=";", lineterminator="\r\n")
    escritor.writerow(COLUNAS)
    escritor.writerows([celula(item[coluna]) for coluna in COLUNAS] for item in itens)
    return Exportacao(_MARCA_UTF8 + folha.getvalue(), cursor is not None)


def celula(valor: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    escrito = "" if valor is None else str(valor)
    return f"'{escrito}" if escrito.startswith(_FORMULAS) else escrito


def externas(gw: Gateway, caller: Caller, de: dt.datetime, ate: dt.datetime) -> dict[str, Any]:
    """Rows of PCLOGPEDIDOAPI of a span that were not born here, newest first; customers masked.

    Callers of some branches see only rows whose order is of theirs.
    """
    achadas: list[Linha] = []
    folga = dt.timedelta(hours=1)
    with gw.db.read() as connection:
        nossas = consultas.enderecos_do_log(connection, utc(de - folga), utc(ate + folga))
        for row in consultas.linhas_do_log(connection, gw.hora_do_erp(de), gw.hora_do_erp(ate)):
            if row["ENDERECO"] not in nossas:
                achadas.append(row)
            if len(achadas) > EXTERNAS_MAXIMAS:
                break
    with gw.db.read() as connection:
        if caller.filiais is not None:
            donas = consultas.filiais_dos_pedidos(connection, {r["NUMPED"] for r in achadas if r["NUMPED"]})
            achadas = [row for row in achadas if donas.get(row["NUMPED"]) in caller.filiais]
        itens = []
        for row in achadas[:EXTERNAS_MAXIMAS]:
            bruto = operacoes.ler_json_do_log(connection, row["ENDERECO"])
            corpo = _ler_objeto(bruto)
            visivel = None if corpo is None else para_o_log(corpo, gw.json_paths, claro=False)
            itens.append({**_log_json(row), "json": visivel, "jsonInvalido": bool(bruto) and corpo is None})
    return {"itens": itens, "truncada": len(achadas) > EXTERNAS_MAXIMAS}


def auditoria(gw: Gateway, caller: Caller, limite: int = 30) -> list[dict[str, Any]]:
    """The newest actions of people: who, when, what and why."""
    feitas = []
    with gw.db.read() as connection:
        for row in consultas.de_pessoas(connection, caller.filiais, limite):
            corpo = _ler_objeto(operacoes.ler_json_do_log(connection, row["LOGROWID"]) if row["LOGROWID"] else None)
            feitas.append(
                {
                    **operacao_json(row),
                    "acao": (corpo or {}).get("acao"),
                    "tipo": (corpo or {}).get("tipo"),
                    "motivo": (corpo or {}).get("motivo"),
                }
            )
    return feitas
