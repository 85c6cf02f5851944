"""Reservations: the list, one with its story, and what may be done about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import g, redirect, render_template, request, url_for

from app.api.auth import gateway
from app.api.contrato.query import codigos, ler, opcao
from app.api.rotas.reservas import CancelamentoSchema, ProrrogacaoSchema, ReservasQuery
from app.domain.desfecho import Remanejamento
from app.domain.recusas import Recusa, recusar
from app.domain.remanejamento import LinhaARemanejar
from app.domain.vida import RECUSA_DA_REPETICAO, VIVOS, Efeito, Estado
from app.painel import rascunho
from app.painel.apresentacao import EM_DUAS_HORAS, ESTADOS, iso, pode_cancelar, pode_prorrogar, pode_remanejar
from app.painel.listas import BLOCO, TAMANHO, folhear, pular
from app.painel.paginas import argumentos, blueprint, folha_pedida, ler_filtros, ler_formulario
from app.painel.sessao import pagina
from app.services import remanejar as servico_de_remanejar
from app.services import retaguarda
from app.services.acesso.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.consulta import estoque as consulta_de_estoque
from app.services.consulta import nomes
from app.services.consulta import reservas as consulta_de_reservas
from app.services.consulta.explicacoes import Explicacao, explicar
from app.services.consulta.reservas import FiltroDeReservas, OrdemDasReservas, ReservaDetalhada, ResumoDaReserva
from app.services.retaguarda import NovoPrazo

PRAZOS = {"vencidas": "já vencidas", "duas_horas": "em duas horas", "hoje": "hoje"}
ORDENS: dict[str, Callable[[ResumoDaReserva], Any]] = {
    "numped": lambda r: r.numped,
    "estado": lambda r: ESTADOS[r.estado],
    "filial": lambda r: r.filial,
    "numero": lambda r: r.numero,
    "caller": lambda r: r.caller,
    "vendedor": lambda r: r.codusur,
    "itens": lambda r: r.itens,
    "total": lambda r: r.total,
    "criada": lambda r: r.criada,
    "expira": lambda r: r.expira,
}


class PainelDeReservasQuery(ReservasQuery):
    """What the page asks besides: whose term ends when, which customers (by their codes)."""

    prazo = opcao(*PRAZOS)
    cliente = codigos()


def ler_reservas(filtros: Mapping[str, Any], *, pular: int, limite: int) -> list[ResumoDaReserva]:
    """The reservations of a view, in the order in which it reads them."""
    filtros = dict(filtros)
    prazo, cliente = filtros.pop("prazo", None), filtros.pop("cliente", None)
    agora = gateway().agora()
    if "estado" in filtros:
        filtros["estado"] = Estado(filtros["estado"])
    if cliente is not None:
        filtros["codcli"] = frozenset(int(codigo) for codigo in cliente.split(","))
    if prazo is not None:
        ate = {"vencidas": agora, "duas_horas": agora + EM_DUAS_HORAS}
        filtros["vence_ate"] = ate.get(prazo) or _fim_do_dia(agora)
    pelo_prazo = prazo is not None or "vence_em_minutos" in filtros or argumentos().get("ordem") == "expira"
    if "cursor" not in filtros:
        filtros["ordem"] = OrdemDasReservas.PRAZO if pelo_prazo else OrdemDasReservas.CRIACAO
    filtro = FiltroDeReservas(**{**filtros, "pular": pular, "limite": limite})
    lidas = consulta_de_reservas.listar(gateway(), g.caller, filtro).itens
    if prazo == "hoje":
        lidas = [r for r in lidas if r.expira and r.expira.date() == agora.astimezone(r.expira.tzinfo).date()]
    if prazo == "duas_horas":
        lidas = [r for r in lidas if not r.vencida]
    return list(lidas)


def _fim_do_dia(agora: dt.datetime) -> dt.datetime:
    """After the end of today in every zone of the country."""
    hoje = agora.astimezone(gateway().settings.fuso).date()
    return dt.datetime.combine(hoje, dt.time(23, 59, 59), tzinfo=gateway().settings.fuso) + dt.timedelta(hours=3)


@blueprint.get("/reservas")
@pagina(RETAGUARDA)
def reservas() -> Any:
    """Live reservations."""
    filtros, erros = ler_filtros(PainelDeReservasQuery())
    pagina_, ordem = folha_pedida()
    tamanho = filtros.get("limite", TAMANHO)
    lidas = [] if erros else ler_reservas(filtros, pular=pular(pagina_, tamanho), limite=BLOCO + 1)
    natural = "expira" if filtros.get("prazo") or "vence_em_minutos" in filtros else "-criada"
    folha = folhear(lidas, pagina_, ordem, ORDENS, natural=natural, tamanho=tamanho)
    conteudo = render_template(
        "painel/reservas.html",
        filtros=argumentos(),
        erros=erros,
        folha=folha,
        nomes=nomes.conhecer(gateway(), g.caller, vendedores={r.codusur for r in folha.itens}),
        que_ha=nomes.que_ha(gateway(), g.caller),
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
        quem=nomes.conhecer(gateway(), g.caller, vendedores=[r.codusur], clientes=[r.codcli]),
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
    """Leads to the page that asks, then, confirmed, cancels; an ASSUMIDA one only when the CODCOB that it has was
    shown and confirmed too (R16)."""
    dados, erros = ler_formulario(CancelamentoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"cancelar_{nome}": texto for nome, texto in erros.items()}, http=422)
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    estado, motivo, codcob = vista.resumo.estado, dados["motivo"].strip(), None
    if mudou := _mudou_antes_de_confirmar(vista.resumo, pode_cancelar(estado)):
        return mudou
    if "confirmado" not in request.form:
        return _perguntar("cancelar", numped, motivo, {})
    if estado is Estado.ASSUMIDA:
        codcob = retaguarda.ler_cobranca(gateway(), g.caller, numped)
        visto = request.form.get("codcob", codcob)
        if codcob is None or visto != codcob:
            return _mudou(consulta_de_reservas.detalhar(gateway(), g.caller, numped).resumo, codcob)
        if "codcob" not in request.form:
            return _perguntar("cancelar", numped, motivo, {"codcob": codcob})
    resposta = retaguarda.cancelar_reserva(gateway(), g.caller, numped, motivo, codcob)
    if resposta.efeito is Efeito.MUDAR:
        aviso = "cancelada_bloqueada" if estado is Estado.BLOQUEADA else "cancelada"
    else:
        aviso = "encerrada" if resposta.efeito is None else "ja_encerrada"
    return redirect(url_for("painel.reserva", numped=numped, aviso=aviso), 303)


@blueprint.get("/reservas/<int:numped>/cancelamento")
@pagina(RETAGUARDA)
def perguntar_se_cancela(numped: int) -> Any:
    """Shows what a cancellation would change, and asks."""
    pergunta = _retomar("cancelar", numped, pode_cancelar)
    if not isinstance(pergunta, Pergunta):
        return pergunta
    vista, escrito = pergunta
    return _confirmacao("painel.cancelar", vista, escrito["motivo"], escrito["campos"], None)


@blueprint.post("/reservas/<int:numped>/prorrogacao")
@pagina(RETAGUARDA_AGIR)
def prorrogar(numped: int) -> Any:
    """Leads to the page that asks, then, confirmed, extends."""
    dados, erros = ler_formulario(ProrrogacaoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"prorrogar_{n}": texto for n, texto in erros.items()}, http=422)
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    if mudou := _mudou_antes_de_confirmar(vista.resumo, pode_prorrogar(vista.resumo.estado)):
        return mudou
    campos = {nome: request.form[nome].strip() for nome in ("ate", "dias") if request.form.get(nome, "").strip()}
    try:
        prazo = _novo_prazo(dados, vista.resumo)
        if "confirmado" not in request.form:
            retaguarda.prever_prazo(gateway(), g.caller, numped, prazo)
            return _perguntar("prorrogar", numped, dados["motivo"].strip(), campos)
        retaguarda.prorrogar_reserva(gateway(), g.caller, numped, prazo, dados["motivo"].strip())
    except Recusa as recusa:
        if recusa.codigo != "CAMPO_INVALIDO":
            raise
        return _pagina_da_reserva(numped, erros={"prorrogar_ate": recusa.problemas[0].mensagem}, http=422)
    return redirect(url_for("painel.reserva", numped=numped, aviso="prorrogada"), 303)


@blueprint.post("/reservas/<int:numped>/remanejamento")
@pagina(RETAGUARDA_AGIR)
def remanejar(numped: int) -> Any:
    """Leads to the page that shows which lines would come from which branch, then, confirmed, moves them (R29)."""
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
        if "confirmado" not in request.form:
            servico_de_remanejar.prever(gateway(), g.caller, numped, pedidas)
            campos = {str(linha.numseq): linha.filial for linha in pedidas}
            return _perguntar("remanejar", numped, motivo, campos)
        servico_de_remanejar.remanejar(gateway(), g.caller, numped, pedidas, motivo)
    except Recusa as recusa:
        if recusa.codigo not in _DO_FORMULARIO:
            raise
        texto = " ".join(problema.mensagem for problema in recusa.problemas)
        return _pagina_da_reserva(numped, erros={"remanejar_linhas": texto}, http=recusa.http)
    return redirect(url_for("painel.reserva", numped=numped, aviso="remanejada"), 303)


@blueprint.get("/reservas/<int:numped>/remanejamento")
@pagina(RETAGUARDA)
def perguntar_se_remaneja(numped: int) -> Any:
    """Shows which lines would come from which branch, and asks."""
    pergunta = _retomar("remanejar", numped, pode_remanejar)
    if not isinstance(pergunta, Pergunta):
        return pergunta
    vista, escrito = pergunta
    pedidas = [LinhaARemanejar(int(numseq), filial) for numseq, filial in escrito["campos"].items()]
    plano = servico_de_remanejar.prever(gateway(), g.caller, numped, pedidas)
    return _confirmar_remanejamento(vista, plano, escrito["motivo"])


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


@blueprint.get("/reservas/<int:numped>/prorrogacao")
@pagina(RETAGUARDA)
def perguntar_se_prorroga(numped: int) -> Any:
    """Shows the new term, and asks."""
    pergunta = _retomar("prorrogar", numped, pode_prorrogar)
    if not isinstance(pergunta, Pergunta):
        return pergunta
    vista, escrito = pergunta
    dados = ler(ProrrogacaoSchema(), {**escrito["campos"], "motivo": escrito["motivo"]})
    fim = retaguarda.prever_prazo(gateway(), g.caller, numped, _novo_prazo(dados, vista.resumo))
    return _confirmacao("painel.prorrogar", vista, escrito["motivo"], escrito["campos"], fim)


def _novo_prazo(dados: Mapping[str, Any], r: ResumoDaReserva) -> NovoPrazo:
    return NovoPrazo(ate=dados.get("ate"), dias=dados.get("dias"), visto=r.expira)


_NA_TERCEIRA_PESSOA = {"cancelar": "cancela", "prorrogar": "prorroga", "remanejar": "remaneja"}


def _perguntar(acao: str, numped: int, motivo: str, campos: Mapping[str, str]) -> Any:
    """To the page that asks; a POST is always answered by going elsewhere."""
    destino = url_for(f"painel.perguntar_se_{_NA_TERCEIRA_PESSOA[acao]}", numped=numped)
    return rascunho.seguir(destino, f"{acao} {numped}", {"motivo": motivo, "campos": dict(campos)})


class Pergunta(NamedTuple):
    """A reservation as it is now, and what a person wrote of it before the question."""

    vista: ReservaDetalhada
    escrito: Mapping[str, Any]


def _retomar(acao: str, numped: int, pode: Callable[[Estado], bool]) -> Any:
    """What ``_perguntar`` left, as a Pergunta; else the page that says why it is not asked any more."""
    vista = consulta_de_reservas.detalhar(gateway(), g.caller, numped)
    escrito = rascunho.ler(f"{acao} {numped}")
    if escrito is None:
        return redirect(url_for("painel.reserva", numped=numped, aviso="rascunho"), 303)
    return Pergunta(vista, escrito) if pode(vista.resumo.estado) else _mudou(vista.resumo)


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
