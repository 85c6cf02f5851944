"""The panel's pages: what each shows and what each may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import simplejson
from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for

from app.api.auth import gateway, porteiro
from app.api.log import ExternasQuery, LogQuery, arquivo
from app.api.query import ler
from app.api.reservas import CancelamentoSchema, ProrrogacaoSchema, ReservasQuery
from app.domain.recusas import Recusa
from app.domain.vida import Estado
from app.errors import ErroHttp
from app.painel import apresentacao, sessao
from app.painel.sessao import pagina
from app.services import (
    conciliar,
    consultar_estoque,
    consultar_log,
    consultar_reservas,
    correcoes,
    indicadores,
    retaguarda,
)
from app.services.consultar import FiltroDoLog, listar_log
from app.services.consultar_reservas import FiltroDeReservas
from app.services.credenciais import RETAGUARDA, RETAGUARDA_AGIR
from app.services.credenciais import entrar as conferir_senha
from app.services.explicacoes import EXPLICACOES
from app.services.retaguarda import NovoPrazo

blueprint = Blueprint(
    "painel",
    __name__,
    url_prefix=sessao.CAMINHO,
    template_folder="templates",
    static_folder="estatico",
    static_url_path="/estatico",
)
blueprint.before_request(sessao.conferir_formulario)

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CANCELAVEIS = {"AUTORIZADA", "CONFIRMADA", "RESGATADA"}
LOGIN_MAXIMO, SENHA_MAXIMA = 60, 200

AVISOS = {
    "cancelada": "Reserva cancelada. O saldo voltou a ficar disponível.",
    "ja_encerrada": "A reserva já estava encerrada; nada mudou.",
    "prorrogada": "Prazo da reserva prorrogado.",
}


def install(app: Flask) -> None:
    """Register the pages, their words, and the look of their errors."""
    app.register_blueprint(blueprint)
    app.jinja_env.filters.update(apresentacao.FILTROS)
    app.jinja_env.globals.update(apresentacao.NOMES)
    app.jinja_env.globals["EXPLICACOES"] = EXPLICACOES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(_vestir)


def _vestir(response: Response) -> Response:
    """Pages get their headers; an error of the panel is a page too."""
    if request.path != sessao.CAMINHO and not request.path.startswith(f"{sessao.CAMINHO}/"):
        return response
    if response.mimetype == "application/problem+json":
        problema = simplejson.loads(response.get_data(as_text=True))
        response.set_data(render_template("painel/erro.html", problema=problema))
        response.mimetype = "text/html"
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if response.mimetype == "text/html" or request.endpoint != "painel.static":
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.context_processor
def _comuns() -> dict[str, Any]:
    atual: sessao.Sessao | None = g.get("sessao")
    caller = None if atual is None else atual.caller
    return {
        "csrf": "" if atual is None else atual.csrf(),
        "caller": caller,
        "pode_agir": caller is not None and caller.tem_escopo((RETAGUARDA_AGIR,)),
        "aviso": AVISOS.get(request.args.get("aviso", "")),
        "fuso": gateway().settings.fuso.key,
        "demo": gateway().demo,
    }


def _argumentos() -> dict[str, str]:
    return {nome: valor.strip() for nome, valor in request.args.items() if valor.strip()}


def _ler_filtros(schema: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What the schema makes of the address, and what is wrong with it by field."""
    try:
        return ler(schema, _argumentos()), {}
    except Recusa as recusa:
        return {}, {(p.campo or "/").lstrip("/") or "geral": p.mensagem for p in recusa.problemas}


@blueprint.get("/")
def inicio() -> Any:
    """To the first page."""
    return redirect(url_for("painel.operacoes"), 303)


@blueprint.get("/entrar")
def entrar() -> Any:
    """The login page; who is in already goes on."""
    if g.sessao is not None and g.sessao.caller is not None:
        return redirect(sessao.destino_seguro(request.args.get("voltar", "")), 303)
    g.sessao = g.sessao or sessao.nova_sessao()
    return sessao.gravar(_entrada("", None), g.sessao)


def _entrada(login: str, erro: str | None, http: int = 200) -> Response:
    voltar = request.values.get("voltar", "")
    return Response(render_template("painel/entrar.html", login=login, erro=erro, voltar=voltar), http)


@blueprint.post("/entrar")
def autenticar() -> Any:
    """Log in; a login without the back office's scope stays outside."""
    login = request.form.get("login", "").strip()[:LOGIN_MAXIMO]
    senha = request.form.get("senha", "")
    endereco = request.remote_addr or ""
    if porteiro().bloqueado(endereco, login):
        return _entrada(login, "Senhas erradas demais; espere um minuto.", 429)
    caller = conferir_senha(gateway(), login, senha) if login and len(senha) <= SENHA_MAXIMA else None
    if caller is None:
        porteiro().errou(endereco, login)
        return _entrada(login, "Login ou senha não conferem.", 401)
    if not caller.tem_escopo((RETAGUARDA,)):
        return _entrada(login, "Este login é de ponto de venda e não tem acesso ao painel.", 403)
    destino = sessao.destino_seguro(request.form.get("voltar", ""))
    return sessao.gravar(Response(status=303, headers={"Location": destino}), sessao.nova_sessao(caller))


@blueprint.post("/sair")
def sair() -> Any:
    """Log out."""
    return sessao.apagar(Response(status=303, headers={"Location": url_for("painel.entrar")}))


@blueprint.get("/operacoes")
@pagina(RETAGUARDA)
def operacoes() -> Any:
    """Operations, newest first, counted and their refusals grouped."""
    filtros, erros = _ler_filtros(LogQuery())
    filtro = FiltroDoLog(filiais=g.caller.filiais, **filtros)
    lista = {"itens": [], "proximo": None} if erros else listar_log(gateway(), filtro)
    resumo = consultar_log.resumir(gateway(), FiltroDoLog(filiais=g.caller.filiais) if erros else filtro)
    pagina_ = render_template(
        "painel/operacoes.html",
        filtros=_argumentos(),
        erros=erros,
        lista=lista,
        resumo=resumo,
        com=_com_argumentos,
    )
    return pagina_, 422 if erros else 200


def _com_argumentos(endpoint: str = "painel.operacoes", **mudancas: str | None) -> str:
    """The address of the present view with some filters changed; a new view begins at its first page."""
    argumentos: dict[str, Any] = {**_argumentos(), **mudancas}
    if "cursor" not in mudancas:
        argumentos.pop("cursor", None)
    argumentos.pop("aviso", None)
    return url_for(endpoint, **{nome: valor for nome, valor in argumentos.items() if valor})


@blueprint.get("/operacoes/exportacao")
@pagina(RETAGUARDA)
def exportar() -> Any:
    """The present view as a file."""
    argumentos = _argumentos()
    formato = "json" if argumentos.pop("formato", "csv") == "json" else "csv"
    filtro = FiltroDoLog(filiais=g.caller.filiais, **ler(LogQuery(), argumentos))
    return arquivo(consultar_log.exportar(gateway(), filtro, formato), formato)


@blueprint.get("/operacoes/externas")
@pagina(RETAGUARDA)
def externas() -> Any:
    """Rows of PCLOGPEDIDOAPI that other services wrote; without a period, of the last day."""
    agora = gateway().agora()
    padrao = {"de": agora - dt.timedelta(days=1), "ate": agora}
    filtros, erros = _ler_filtros(ExternasQuery()) if _argumentos() else (padrao, {})
    achadas = {"itens": [], "truncada": False}
    if not erros:
        achadas = consultar_log.externas(gateway(), g.caller, filtros["de"], filtros["ate"])
    campos = _argumentos() or {nome: _local(instante) for nome, instante in padrao.items()}
    return render_template("painel/externas.html", filtros=campos, erros=erros, achadas=achadas), 422 if erros else 200


def _local(instante: dt.datetime) -> str:
    return gateway().hora_do_erp(instante).strftime("%Y-%m-%dT%H:%M")


@blueprint.get("/operacoes/<id_operacao>")
@pagina(RETAGUARDA)
def operacao(id_operacao: str) -> Any:
    """One operation, told whole."""
    achada = consultar_log.detalhar(gateway(), g.caller, id_operacao)
    if achada is None:
        raise ErroHttp(404, "OPERACAO_NAO_ENCONTRADA", "Não existe esta operação, ou é de outra filial.")
    return render_template("painel/operacao.html", o=achada)


@blueprint.get("/reservas")
@pagina(RETAGUARDA)
def reservas() -> Any:
    """Live reservations."""
    filtros, erros = _ler_filtros(ReservasQuery())
    if "estado" in filtros:
        filtros["estado"] = Estado(filtros["estado"])
    lista: dict[str, Any] = {"itens": [], "proximo": None}
    if not erros:
        lista = consultar_reservas.listar(gateway(), g.caller, FiltroDeReservas(**filtros))
    conteudo = render_template(
        "painel/reservas.html", filtros=_argumentos(), erros=erros, lista=lista, com=_com_argumentos
    )
    return conteudo, 422 if erros else 200


@blueprint.get("/reservas/<int:numped>")
@pagina(RETAGUARDA)
def reserva(numped: int) -> Any:
    """One reservation with its story, and what may be done about it."""
    return _pagina_da_reserva(numped)


def _pagina_da_reserva(numped: int, *, erros: Mapping[str, str] | None = None, http: int = 200) -> Any:
    r = consultar_reservas.detalhar(gateway(), g.caller, numped)
    nomes = consultar_estoque.descrever(gateway(), _produtos(r))
    conteudo = render_template(
        "painel/reserva.html",
        r=r,
        nomes=nomes,
        erros=erros or {},
        enviado=request.form,
        cancelavel=r["situacaoReserva"] in CANCELAVEIS,
        prorrogavel=r["situacaoReserva"] == "AUTORIZADA",
    )
    return conteudo, http


def _produtos(r: Mapping[str, Any]) -> set[int]:
    codigos = {linha["codprod"] for linha in r["linhas"]}
    codigos |= {parte["codprod"] for linha in r["linhas"] for parte in linha["componentes"]}
    return codigos | {d["codprod"] for elo in r["linhagem"] for d in elo["diferencas"]}


def _visto(r: Mapping[str, Any]) -> str:
    """What the person has seen of a reservation: if it is other when confirmed, it has changed meanwhile."""
    return f"{r['situacaoReserva']} {r['expiraEm'] or ''}"


@blueprint.post("/reservas/<int:numped>/cancelamento")
@pagina(RETAGUARDA_AGIR)
def cancelar(numped: int) -> Any:
    """First shows what would change, then, confirmed, cancels."""
    dados, erros = _ler_formulario(CancelamentoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"cancelar_{nome}": texto for nome, texto in erros.items()}, http=422)
    r = consultar_reservas.detalhar(gateway(), g.caller, numped)
    if mudou := _mudou_antes_de_confirmar(r, r["situacaoReserva"] in CANCELAVEIS):
        return mudou
    if "confirmado" not in request.form:
        return _confirmacao("painel.cancelar", r, dados["motivo"].strip(), {}, None)
    resposta = retaguarda.cancelar_reserva(gateway(), g.caller, numped, dados["motivo"].strip())
    aviso = "ja_encerrada" if "já estava encerrada" in resposta.corpo else "cancelada"
    return redirect(url_for("painel.reserva", numped=numped, aviso=aviso), 303)


@blueprint.post("/reservas/<int:numped>/prorrogacao")
@pagina(RETAGUARDA_AGIR)
def prorrogar(numped: int) -> Any:
    """First shows what would change, then, confirmed, extends."""
    dados, erros = _ler_formulario(ProrrogacaoSchema())
    if erros:
        return _pagina_da_reserva(numped, erros={f"prorrogar_{n}": texto for n, texto in erros.items()}, http=422)
    r = consultar_reservas.detalhar(gateway(), g.caller, numped)
    if mudou := _mudou_antes_de_confirmar(r, r["situacaoReserva"] == "AUTORIZADA"):
        return mudou
    campos = {nome: request.form[nome].strip() for nome in ("ate", "dias") if request.form.get(nome, "").strip()}
    prazo = NovoPrazo(ate=dados.get("ate"), dias=dados.get("dias"), visto=r["expiraEm"])
    try:
        fim = retaguarda.prever_prazo(gateway(), g.caller, numped, prazo)
        if "confirmado" in request.form:
            retaguarda.prorrogar_reserva(gateway(), g.caller, numped, prazo, dados["motivo"].strip())
        else:
            return _confirmacao("painel.prorrogar", r, dados["motivo"].strip(), campos, fim)
    except Recusa as recusa:
        if recusa.codigo != "CAMPO_INVALIDO":
            raise
        return _pagina_da_reserva(numped, erros={"prorrogar_ate": recusa.problemas[0].mensagem}, http=422)
    return redirect(url_for("painel.reserva", numped=numped, aviso="prorrogada"), 303)


def _ler_formulario(schema: Any) -> tuple[dict[str, Any], dict[str, str]]:
    enviados = {nome: valor.strip() for nome, valor in request.form.items() if valor.strip()}
    try:
        return ler(schema, enviados), {}
    except Recusa as recusa:
        return {}, {(p.campo or "/").lstrip("/") or "geral": p.mensagem for p in recusa.problemas}


def _mudou_antes_de_confirmar(r: Mapping[str, Any], permitido: bool) -> Any:
    """The page that says so, when the reservation is no longer what the person saw; None when it is."""
    visto = request.form.get("visto")
    if permitido and visto in {None, _visto(r)}:
        return None
    return render_template("painel/mudou.html", r=r), 409


def _confirmacao(
    endpoint: str, r: Mapping[str, Any], motivo: str, campos: Mapping[str, str], fim: dt.datetime | None
) -> Any:
    """The page that names what will change; ``fim``: the new end, None when the reservation is to be cancelled."""
    encurta = fim is not None and r["expiraEm"] is not None and fim < dt.datetime.fromisoformat(r["expiraEm"])
    return render_template(
        "painel/confirmar.html",
        r=r,
        acao="cancelar" if fim is None else "prorrogar",
        fim=None if fim is None else fim.isoformat(),
        encurta=encurta,
        destino=url_for(endpoint, numped=r["idRetaguarda"]),
        motivo=motivo,
        campos=campos,
        visto=_visto(r),
        nomes=consultar_estoque.descrever(gateway(), _produtos(r)),
    )


@blueprint.get("/estoque")
@pagina(RETAGUARDA)
def estoque() -> Any:
    """A product in a branch, explained; without one, the products with something reserved."""
    filtros = _argumentos()
    filial, codprod = filtros.get("filial", ""), filtros.get("codprod", "")
    explicado, kit, erro, http = None, None, None, 200
    if filial or codprod:
        numero_certo = codprod.isascii() and codprod.isdigit() and len(codprod) <= 6
        if not filial or not numero_certo:
            erro, http = "Informe a filial e o código do produto, só com números.", 422
        elif not g.caller.pode_na_filial(filial):
            erro, http = "Este login não pode ver esta filial.", 403
        else:
            explicado = consultar_reservas.explicar_estoque(gateway(), g.caller, filial, int(codprod))
            kit = consultar_estoque.explicar_kit(gateway(), filial, int(codprod))
            if explicado is None:
                erro, http = f"O produto {codprod} não tem estoque na filial {filial}.", 404
            elif kit is not None:
                # A kit's own row says nothing: its components do, in the other branches too.
                for outra in explicado["outrasFiliais"]:
                    la = consultar_estoque.explicar_kit(gateway(), outra["filial"], int(codprod))
                    outra["disponivel"] = 0 if la is None else la["disponivel"]
    nomes = consultar_estoque.descrever(gateway(), {int(codprod)}) if explicado else {}
    conteudo = render_template(
        "painel/estoque.html",
        filtros=filtros,
        e=explicado,
        kit=kit,
        erro=erro,
        nomes=nomes,
        reservados=[] if explicado else consultar_estoque.reservados(gateway(), g.caller),
    )
    return conteudo, http


@blueprint.get("/conciliacao")
@pagina(RETAGUARDA)
def conciliacao() -> Any:
    """Differences, what they are worth, and who mended what."""
    return _pagina_da_conciliacao()


def _pagina_da_conciliacao(*, erros: Mapping[str, str] | None = None, http: int = 200) -> Any:
    conteudo = render_template(
        "painel/conciliacao.html",
        c=conciliar.conciliar(gateway(), g.caller.filiais).json(),
        auditoria=consultar_log.auditoria(gateway(), g.caller),
        erros=erros or {},
        enviado=request.form,
    )
    return conteudo, http


@blueprint.post("/conciliacao/plano")
@pagina(RETAGUARDA_AGIR)
def planejar() -> Any:
    """What the chosen corrections would do; nothing is written."""
    return _corrigir(simular=True)


@blueprint.post("/conciliacao/correcoes")
@pagina(RETAGUARDA_AGIR)
def corrigir() -> Any:
    """Apply the chosen corrections, each once."""
    return _corrigir(simular=False)


def _corrigir(*, simular: bool) -> Any:
    ids = list(dict.fromkeys(request.form.getlist("item")))
    dados, erros = _ler_formulario(CancelamentoSchema())
    if not ids:
        erros = {**erros, "item": "Escolha ao menos uma diferença."}
    if erros:
        return _pagina_da_conciliacao(erros=erros, http=422)
    resultado = correcoes.corrigir(gateway(), g.caller, ids=ids, motivo=dados["motivo"].strip(), simular=simular)
    return render_template("painel/correcoes.html", resultado=resultado, motivo=dados["motivo"].strip())


@blueprint.get("/saude")
@pagina(RETAGUARDA)
def saude() -> Any:
    """How the gateway is doing."""
    return render_template("painel/saude.html", s=indicadores.medir(gateway(), g.caller))
