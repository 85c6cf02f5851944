"""Reservations: the list, one with its story, and what may be done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.api.rotas.reservas import CancelamentoSchema, ProrrogacaoSchema, ReservasQuery
from app.domain.desfecho import Remanejamento
from app.domain.recusas import Recusa, recusar
from app.domain.remanejamento import LinhaARemanejar
from app.domain.vida import RECUSA_DA_REPETICAO, VIVOS, Efeito, Estado
from app.painel.apresentacao import iso, pode_cancelar, pode_prorrogar, pode_remanejar
from app.painel.paginas import argumentos, blueprint, com_argumentos, ler_filtros, ler_formulario
from app.painel.sessao import pagina
from app.services import remanejar as servico_de_remanejar
from app.services import retaguarda
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.consulta import estoque as consulta_de_estoque
from app.services.consulta import reservas as consulta_de_reservas
from app.services.consulta.explicacoes import Explicacao, explicar
from app.services.consulta.reservas import FiltroDeReservas, PaginaDeReservas, ReservaDetalhada, ResumoDaReserva
from app.services.retaguarda import NovoPrazo


@blueprint.get("/reservas")
@pagina(RETAGUARDA)
def reservas() -> Any:
    """Live reservations."""
    filtros, erros = ler_filtros(ReservasQuery())
    if "estado" in filtros:
        filtros["estado"] = Estado(filtros["estado"])
    lista = PaginaDeReservas((), None)
    if not erros:
        lista = consulta_de_reservas.listar(gateway(), g.caller, FiltroDeReservas(**filtros))
    conteudo = render_template(
        "painel/reservas.html", filtros=argumentos(), erros=erros, lista=lista, com=com_argumentos
    )
    return conteudo, 422 if erros else 200


@blueprint.get("/reservas/<int:numped>")
@pagina(RETAGUARDA)
def reserva(numped: int) -> Any:
    """One reservation with its story, and what may be done about it."""
    return _pagina_da_reserva(numped)


def _pagina_da_reserva(numped: int, *, erros: Mapping[str, str] | None = None, http: int = 200) -> Any:
    detalhada = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    r = detalhada.resumo
    conteudo = render_template(
        "painel/reserva.html",
        r=r,
        linhas=detalhada.linhas,
        entregas=detalhada.entregas,
        linhagem=detalhada.linhagem,
        eventos=detalhada.eventos,
        nomes=consulta_de_estoque.descrever(gateway(), _produtos(detalhada)),
        erros=erros or {},
        enviado=request.form,
        no_winthor=_onde_esta(r.estado),
        cancelavel=pode_cancelar(r.estado),
        prorrogavel=pode_prorrogar(r.estado),
        remanejavel=pode_remanejar(r.estado) and any(linha.posicao != "C" for linha in detalhada.linhas),
    )
    return conteudo, http


def _onde_esta(estado: Estado) -> Explicacao | None:
    """What WinThor has made of a reservation that still lives, in words; None when it has left it alone."""
    return explicar(RECUSA_DA_REPETICAO.get(estado)) if estado in VIVOS else None


def _produtos(detalhada: ReservaDetalhada) -> set[int]:
    codigos = {linha.codprod for linha in detalhada.linhas}
    codigos |= {parte.codprod for linha in detalhada.linhas for parte in linha.partes}
    return codigos | {d.codprod for elo in detalhada.linhagem for d in elo.diferencas}


def _visto(r: ResumoDaReserva) -> str:
    """What the person has seen of a reservation: if it is other when confirmed, it has changed meanwhile."""
    return f"{r.estado} {iso(r.expira)}"


@blueprint.post("/reservas/<int:numped>/cancelamento")
@pagina(RETAGUARDA_AGIR)
def cancelar(numped: int) -> Any:
    """First shows what would change, then, confirmed, cancels; an ASSUMIDA one only when the CODCOB that it has was
    shown and confirmed too (R16)."""
    dados, erros = ler_formulario(CancelamentoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"cancelar_{nome}": texto for nome, texto in erros.items()}, http=422)
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    estado, motivo, codcob = vista.resumo.estado, dados["motivo"].strip(), None
    if mudou := _mudou_antes_de_confirmar(vista.resumo, pode_cancelar(estado)):
        return mudou
    if "confirmado" not in request.form:
        return _confirmacao("painel.cancelar", vista, motivo, {}, None)
    if estado is Estado.ASSUMIDA:
        codcob = retaguarda.ler_cobranca(gateway(), g.caller, numped)
        visto = request.form.get("codcob", codcob)
        if codcob is None or visto != codcob:
            return _mudou(consulta_de_reservas.detalhar(gateway(), g.caller, numped).resumo, codcob)
        if "codcob" not in request.form:
            return _confirmacao("painel.cancelar", vista, motivo, {"codcob": codcob}, None)
    resposta = retaguarda.cancelar_reserva(gateway(), g.caller, numped, motivo, codcob)
    if resposta.efeito is Efeito.MUDAR:
        aviso = "cancelada_bloqueada" if estado is Estado.BLOQUEADA else "cancelada"
    else:
        aviso = "encerrada" if resposta.efeito is None else "ja_encerrada"
    return redirect(url_for("painel.reserva", numped=numped, aviso=aviso), 303)


@blueprint.post("/reservas/<int:numped>/prorrogacao")
@pagina(RETAGUARDA_AGIR)
def prorrogar(numped: int) -> Any:
    """First shows what would change, then, confirmed, extends."""
    dados, erros = ler_formulario(ProrrogacaoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"prorrogar_{n}": texto for n, texto in erros.items()}, http=422)
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    if mudou := _mudou_antes_de_confirmar(vista.resumo, pode_prorrogar(vista.resumo.estado)):
        return mudou
    campos = {nome: request.form[nome].strip() for nome in ("ate", "dias") if request.form.get(nome, "").strip()}
    prazo = NovoPrazo(ate=dados.get("ate"), dias=dados.get("dias"), visto=vista.resumo.expira)
    try:
        fim = retaguarda.prever_prazo(gateway(), g.caller, numped, prazo)
        if "confirmado" in request.form:
            retaguarda.prorrogar_reserva(gateway(), g.caller, numped, prazo, dados["motivo"].strip())
        else:
            return _confirmacao("painel.prorrogar", vista, dados["motivo"].strip(), campos, fim)
    except Recusa as recusa:
        if recusa.codigo != "CAMPO_INVALIDO":
            raise
        return _pagina_da_reserva(numped, erros={"prorrogar_ate": recusa.problemas[0].mensagem}, http=422)
    return redirect(url_for("painel.reserva", numped=numped, aviso="prorrogada"), 303)


@blueprint.post("/reservas/<int:numped>/remanejamento")
@pagina(RETAGUARDA_AGIR)
def remanejar(numped: int) -> Any:
    """First shows which lines would come from which branch, then, confirmed, moves them (R29)."""
    dados, erros = ler_formulario(CancelamentoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"remanejar_{n}": texto for n, texto in erros.items()}, http=422)
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    if mudou := _mudou_antes_de_confirmar(vista.resumo, pode_remanejar(vista.resumo.estado)):
        return mudou
    motivo, pedidas = dados["motivo"].strip(), _a_remanejar(vista)
    try:
        if not pedidas:
            raise recusar("CAMPO_INVALIDO", "Escolha para ao menos uma linha outra filial.")
        plano = servico_de_remanejar.prever(gateway(), g.caller, numped, pedidas)
        if "confirmado" not in request.form:
            return _confirmar_remanejamento(vista, plano, motivo)
        servico_de_remanejar.remanejar(gateway(), g.caller, numped, pedidas, motivo)
    except Recusa as recusa:
        if recusa.codigo not in _DO_FORMULARIO:
            raise
        texto = " ".join(problema.mensagem for problema in recusa.problemas)
        return _pagina_da_reserva(numped, erros={"remanejar_linhas": texto}, http=recusa.http)
    return redirect(url_for("painel.reserva", numped=numped, aviso="remanejada"), 303)


# What a person mends by choosing another branch.
_DO_FORMULARIO = frozenset({"CAMPO_INVALIDO", "FILIAL_NAO_ENCONTRADA", "ESTOQUE_INSUFICIENTE"})


def _a_remanejar(vista: ReservaDetalhada) -> list[LinhaARemanejar]:
    """The lines for which the form names another branch than they have."""
    pedidas = []
    for linha in vista.linhas:
        filial = request.form.get(f"filial_{linha.numseq}", "").strip()
        if filial and filial != linha.filial and linha.posicao != "C":
            pedidas.append(LinhaARemanejar(linha.numseq, filial))
    return pedidas


def _confirmar_remanejamento(vista: ReservaDetalhada, plano: Remanejamento, motivo: str) -> Any:
    return render_template(
        "painel/remanejar.html",
        r=vista.resumo,
        plano=plano,
        nomes=consulta_de_estoque.descrever(gateway(), _produtos(vista)),
        motivo=motivo,
        visto=_visto(vista.resumo),
    )


def _mudou_antes_de_confirmar(r: ResumoDaReserva, permitido: bool) -> Any:
    """The page that says so, when the reservation is no longer what the person saw; None when it is."""
    visto = request.form.get("visto")
    if permitido and visto in {None, _visto(r)}:
        return None
    return _mudou(r)


def _mudou(r: ResumoDaReserva, codcob: str | None = None) -> Any:
    """The page that says what the reservation is now; ``codcob``: its CODCOB, where that is what has changed."""
    return render_template("painel/mudou.html", r=r, codcob=codcob), 409


def _confirmacao(
    endpoint: str, vista: ReservaDetalhada, motivo: str, campos: Mapping[str, str], fim: dt.datetime | None
) -> Any:
    """The page that names what will change; ``fim``: the new end, None when the reservation is to be cancelled;
    ``campos``: what its form sends besides, with ``codcob`` the second question."""
    r = vista.resumo
    encurta = fim is not None and r.expira is not None and fim < r.expira
    return render_template(
        "painel/confirmar.html",
        r=r,
        linhas=vista.linhas,
        acao="cancelar" if fim is None else "prorrogar",
        fim=fim,
        encurta=encurta,
        destino=url_for(endpoint, numped=r.numped),
        motivo=motivo,
        campos=campos,
        codcob=campos.get("codcob"),
        visto=_visto(r),
        nomes=consulta_de_estoque.descrever(gateway(), _produtos(vista)),
    )
