"""Operations: the list, one of them, the export, rows of other services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.api.contrato.query import ler
from app.api.problemas import ErroHttp
from app.api.rotas.log import ExternasQuery, LogQuery, arquivo
from app.api.rotas.recusas import RecusasQuery, contador
from app.domain.codigos import CODIGOS
from app.domain.documentos import mascarar_documento
from app.painel.apresentacao import STATUS, feita
from app.painel.listas import BLOCO, TAMANHO, folhear, pular
from app.painel.paginas import argumentos, blueprint, folha_pedida, ler_filtros
from app.painel.sessao import pagina
from app.services.acesso.credenciais import RETAGUARDA
from app.services.consulta import detalhe, exportacao, log_externo, nomes, recusas_sem_registro, resumo_do_log
from app.services.consulta.detalhe import OperacaoDetalhada
from app.services.consulta.log_externo import LinhasExternas
from app.services.consulta.operacoes import FiltroDoLog, OperacaoListada, folhear_log
from app.services.consulta.primeiro_problema import primeiros_problemas
from app.services.consulta.procura import Achados, ResultadoDaProcura, clientes_do_documento, procurar_tudo
from app.services.consulta.procura import procurar as procurar_numero

PROCURA_MAXIMA = 60


ORDENS: dict[str, Callable[[OperacaoListada], Any]] = {
    "inicio": lambda o: o.inicio,
    "operacao": feita,
    "status": lambda o: STATUS.get(o.estado),
    "codigo": lambda o: o.codigo,
    "filial": lambda o: o.filial,
    "numero": lambda o: o.numero,
    "numped": lambda o: o.numped or o.id_retaguarda,
    "caller": lambda o: o.caller,
}


@blueprint.get("/operacoes")
@pagina(RETAGUARDA)
def operacoes() -> Any:
    """Operations, newest first, counted and their refusals grouped."""
    filtros, erros = ler_filtros(LogQuery())
    filtro = FiltroDoLog(filiais=g.caller.filiais, **filtros)
    pagina_, ordem = folha_pedida()
    tamanho = filtros.get("limite", TAMANHO)
    lidas: Sequence[OperacaoListada] = (
        () if erros else folhear_log(gateway(), filtro, pular(pagina_, tamanho), BLOCO + 1)
    )
    folha = folhear(lidas, pagina_, ordem, ORDENS, natural="-inicio", tamanho=tamanho)
    resumo = resumo_do_log.resumir(gateway(), FiltroDoLog(filiais=g.caller.filiais) if erros else filtro)
    pagina_html = render_template(
        "painel/operacoes.html",
        filtros=argumentos(),
        erros=erros,
        folha=folha,
        resumo=resumo,
        motivos=primeiros_problemas(gateway(), [o.id for o in folha.itens if o.estado == "R"]),
        nomes=nomes.conhecer(gateway(), g.caller),
        que_ha=nomes.que_ha(gateway(), g.caller),
    )
    return pagina_html, 422 if erros else 200


@blueprint.post("/procurar")
@pagina(RETAGUARDA)
def procurar_por() -> Any:
    """What was typed in the head. A customer's document is looked up here and leaves as the customer's code: no
    personal data in addresses."""
    texto = request.form.get("o_que", "").strip()[:PROCURA_MAXIMA]
    clientes = clientes_do_documento(gateway(), texto) if texto else None
    if clientes is None or procurar_numero(gateway(), g.caller, texto).operacao:
        return redirect(url_for("painel.procurar", o_que=texto), 303)
    if not clientes:
        return redirect(url_for("painel.procurar", documento=mascarar_documento(texto)), 303)
    return redirect(url_for("painel.reservas", cliente=",".join(map(str, clientes))), 303)


@blueprint.get("/procurar")
@pagina(RETAGUARDA)
def procurar() -> Any:
    """From a number straight to what is known of it; else all that it may mean."""
    texto = request.args.get("o_que", "").strip()[:PROCURA_MAXIMA]
    if (achado := procurar_numero(gateway(), g.caller, texto) if texto else ResultadoDaProcura()).operacao:
        return redirect(url_for("painel.operacao", id_operacao=achado.operacao), 303)
    achados = procurar_tudo(gateway(), g.caller, texto) if texto else Achados()
    if achados.quantos == 1:
        return redirect(_o_unico(achados), 303)
    return render_template(
        "painel/procura.html", texto=texto, documento=request.args.get("documento", ""), achados=achados
    )


def _o_unico(achados: Achados) -> str:
    """Where the only thing that was found is."""
    if achados.reserva is not None:
        return url_for("painel.reserva", numped=achados.reserva)
    if achados.produtos:
        return url_for("painel.estoque", codprod=achados.produtos[0][0])
    if achados.logins:
        return url_for("painel.operacoes", caller=achados.logins[0])
    filial, numero = achados.pre_vendas[0]
    return url_for("painel.operacoes", numero=numero, filial=filial)


@blueprint.get("/operacoes/exportacao")
@pagina(RETAGUARDA)
def exportar() -> Any:
    """The present view as the JSON that the API gives."""
    filtros = argumentos()
    filtros.pop("formato", None)
    filtro = FiltroDoLog(filiais=g.caller.filiais, **ler(LogQuery(), filtros))
    return arquivo(exportacao.exportar(gateway(), filtro), "json")


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
