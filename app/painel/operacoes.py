"""Operations: the list, one of them, the export, rows of other services."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.api.contrato.query import ler
from app.api.problemas import ErroHttp
from app.api.rotas.log import ExternasQuery, LogQuery, arquivo
from app.api.rotas.recusas import RecusasQuery, contador
from app.domain.codigos import CODIGOS
from app.painel.paginas import argumentos, blueprint, com_argumentos, ler_filtros
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import detalhe, exportacao, log_externo, recusas_sem_registro, resumo_do_log
from app.services.consulta.detalhe import OperacaoDetalhada
from app.services.consulta.log_externo import LinhasExternas
from app.services.consulta.operacoes import FiltroDoLog, PaginaDoLog, listar_log
from app.services.consulta.procura import Achado
from app.services.consulta.procura import procurar as procurar_numero


@blueprint.get("/operacoes")
@pagina(RETAGUARDA)
def operacoes() -> Any:
    """Operations, newest first, counted and their refusals grouped."""
    filtros, erros = ler_filtros(LogQuery())
    filtro = FiltroDoLog(filiais=g.caller.filiais, **filtros)
    lista = PaginaDoLog() if erros else listar_log(gateway(), filtro)
    resumo = resumo_do_log.resumir(gateway(), FiltroDoLog(filiais=g.caller.filiais) if erros else filtro)
    pagina_ = render_template(
        "painel/operacoes.html",
        filtros=argumentos(),
        erros=erros,
        lista=lista,
        resumo=resumo,
        com=com_argumentos,
    )
    return pagina_, 422 if erros else 200


@blueprint.get("/procurar")
@pagina(RETAGUARDA)
def procurar() -> Any:
    """From a number straight to what is known of it; without a single answer, to the list."""
    texto = request.args.get("o_que", "").strip()
    achado = procurar_numero(gateway(), g.caller, texto) if texto else Achado()
    if achado.operacao:
        destino = url_for("painel.operacao", id_operacao=achado.operacao)
    elif achado.reserva:
        destino = url_for("painel.reserva", numped=achado.reserva)
    else:
        destino = url_for("painel.operacoes", numero=texto or None)
    return redirect(destino, 303)


@blueprint.get("/operacoes/exportacao")
@pagina(RETAGUARDA)
def exportar() -> Any:
    """The present view as a file."""
    filtros = argumentos()
    formato = "json" if filtros.pop("formato", "csv") == "json" else "csv"
    filtro = FiltroDoLog(filiais=g.caller.filiais, **ler(LogQuery(), filtros))
    return arquivo(exportacao.exportar(gateway(), filtro), formato)


@blueprint.get("/operacoes/externas")
@pagina(RETAGUARDA)
def externas() -> Any:
    """Rows of PCLOGPEDIDOAPI that other services wrote; without a period, of the last day."""
    agora = gateway().agora()
    padrao = {"de": agora - dt.timedelta(days=1), "ate": agora}
    filtros, erros = ler_filtros(ExternasQuery()) if argumentos() else (padrao, {})
    achadas = LinhasExternas()
    if not erros:
        achadas = log_externo.externas(gateway(), g.caller, filtros["de"], filtros["ate"])
    campos = argumentos() or {nome: _local(instante) for nome, instante in padrao.items()}
    return render_template("painel/externas.html", filtros=campos, erros=erros, achadas=achadas), 422 if erros else 200


@blueprint.get("/operacoes/recusas")
@pagina(RETAGUARDA)
def recusas() -> Any:
    """What was refused before it became a row, by hour; without a period, of the last seven days."""
    filtros, erros = ler_filtros(RecusasQuery())
    achadas = []
    if not erros:
        contador().gravar()
        achadas = recusas_sem_registro.listar(gateway(), g.caller, filtros.get("de"), filtros.get("ate"))
    pagina_html = render_template(
        "painel/recusas.html", filtros=argumentos(), erros=erros, achadas=achadas, CODIGOS=CODIGOS
    )
    return pagina_html, 422 if erros else 200


def _local(instante: dt.datetime) -> str:
    return gateway().hora_do_erp(instante).strftime("%Y-%m-%dT%H:%M")


@blueprint.get("/operacoes/<id_operacao>")
@pagina(RETAGUARDA)
def operacao(id_operacao: str) -> Any:
    """One operation, told whole."""
    achada = detalhe.detalhar(gateway(), g.caller, id_operacao)
    if achada is None:
        raise ErroHttp("OPERACAO_NAO_ENCONTRADA")
    return render_template("painel/operacao.html", detalhada=achada, **_em_volta(achada))


def _em_volta(achada: OperacaoDetalhada) -> dict[str, Any]:
    """What a person would look for next: the reservation that a refused request met, and whether a later one passed."""
    if achada.resumo.estado != "R":
        return {"aceita_depois": None, "reserva_atual": None}
    aceitas = [evento.resumo for evento in achada.eventos if evento.resumo.estado == "A"]
    depois = next((operacao for operacao in aceitas if operacao.id > achada.resumo.id), None)
    atual = aceitas[-1].numped if aceitas else None
    return {"aceita_depois": depois, "reserva_atual": None if depois else atual}
