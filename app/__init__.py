"""The gateway between points of sale and WinThor. ``create_app`` is where its parts are put together."""

from __future__ import annotations

import app.observabilidade.interrompido  # noqa: F401 - before all that takes time

# isort: split
import datetime as dt
import os
import threading
import time
from collections.abc import Callable

from flask import Flask, Response, request

from app import errors, painel
from app.api import documento, endereco
from app.api.auth import segurar_estranhos
from app.api.contrato.requisicao import CONHECIDOS
from app.api.contrato.schemas import json_paths
from app.api.limites import Estranhos, Limites
from app.api.proxy import ProxyConfiavel
from app.api.respostas.renderizacao import RenderizacaoDaApi
from app.api.rotas import (
    conciliacao,
    consulta,
    dinheiro,
    eventos,
    fluxo,
    health,
    log,
    login,
    passagem,
    politicas,
    pre_vendas,
    recusas,
    reservas,
)
from app.cep import ByJg, ClienteHttp, Verificador, VerificadorCep, ViaCep
from app.cep.sem_rede import VerificadorDemonstracao
from app.observabilidade import requisicoes
from app.recursos import pasta
from app.services.acesso.credenciais import Porteiro
from app.services.consulta import indicadores, recusas_sem_registro
from app.services.doutor.saude import Prontidoes
from app.services.gateway import Gateway
from app.services.hora import RelogioComum
from app.services.mapas import load_site_maps, winthor_catalog
from app.services.pre_venda.colunas import COLUNAS
from app.settings import Settings, SettingsError, from_env, parece_exemplo
from app.totvs import ClienteTotvs, vagas
from app.winthor import config, separacao
from app.winthor.cadastros import Cadastros
from app.winthor.db.engine import create_engine
from app.winthor.db.prazos import Finalidade, Prazos, para
from app.winthor.db.transaction import Database, faults
from app.winthor.esquema import catalogo, indices
from app.winthor.esquema.schema import is_demo, require_version
from app.winthor.esquema.tabelas_do_site import Tabelas
from app.winthor.parametros import Parametros
from app.winthor.politicas import Politicas

__version__ = "0.1.0"

CHAVE_JWT_DA_DEMO = "JWT_CHAVE"
SORTEIO = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"

HSTS = "max-age=31536000"

VIACEP = "https://viacep.com.br"
BYJG = "https://www.byjg.com.br"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def build_gateway(
    settings: Settings,
    clock: Callable[[], dt.datetime] = _now,
    *,
    assina: bool = True,
    conexoes_laterais: int = 0,
) -> Gateway:
    """Read the maps, open the pool, and put the gateway together.

    ``conexoes_laterais``: connections for what is no sale, beside those of the setting.

    Raises SettingsError, MappingError (all problems at once), SchemaError (the GW_ tables are too old) and Falha (the
    database does not answer).
    """
    engine = create_engine(
        settings.database_url,
        pool_size=settings.pool,
        laterais=conexoes_laterais,
        lock_timeout_s=settings.espera_lock,
        limite_s=settings.limite_requisicao_s,
        oracle_thick=settings.oracle_thick,
    )
    db = Database(engine, espera_s=settings.espera_lock, prazos=prazos_de(settings))
    try:
        with faults(), para(Finalidade.CATALOGO):
            return _build(settings, db, clock, assina)
    except BaseException:
        engine.dispose()
        raise


def prazos_de(settings: Settings) -> Prazos:
    """How long a call to the database may take, by what it is for."""
    return Prazos(
        requisicao_s=settings.limite_requisicao_s,
        relatorio_s=settings.limite_relatorio_s,
        tarefa_s=settings.limite_tarefa_s,
        catalogo_s=settings.limite_catalogo_s,
    )


def _build(settings: Settings, db: Database, clock: Callable[[], dt.datetime], assina: bool) -> Gateway:
    demo = is_demo(db.engine)
    site = catalogo.ler_se_puder(db)
    colunas, codificacao = winthor_catalog(site), settings.codificacao_banco or site.codificacao or "utf-8"
    maps = load_site_maps(
        settings.mapeamentos or pasta("mappings"),
        json_paths(),
        COLUNAS,
        codificacao,
        colunas,
        delivered=pasta("mappings"),
    )
    extras = sorted({path for m in maps.values() for path in m.extra_paths})
    chave = _chave_jwt(settings, db, demo) if assina else ""
    require_version(db.engine)
    relogio = RelogioComum(db, clock, time.monotonic if clock is _now else None)
    relogio.acertar()
    separacao.conhecer(db, site)
    return Gateway(
        settings=settings,
        db=db,
        cadastros=Cadastros(settings.cache_segundos),
        politicas=_politicas(settings, db),
        parametros=Parametros(settings.cache_segundos, settings.nomes_parametros),
        maps=maps,
        colunas=colunas,
        codificacao=codificacao,
        tabelas=Tabelas(maps.extra_columns(), linha_a_linha=settings.oracle_linha_a_linha),
        json_paths={**CONHECIDOS, **dict.fromkeys(extras, "optional")},
        clock=relogio,
        cep=_verificador(settings, demo),
        caminhos_extras=extras,
        procura_por_numero=indices.acha_por_numero(db),
        procura_entregas=indices.acha_entregas(db),
        tem_vinculo=catalogo.OPCIONAIS <= site.tabelas.keys(),
        renderizacao=RenderizacaoDaApi(),
        estoque_analitico=catalogo.tem_opcional(db, site, "PCESTANALITICOVENDA"),
        chave_jwt=chave,
        demo=demo,
        totvs=_totvs(settings),
    )


def _politicas(settings: Settings, db: Database) -> Politicas:
    """The policies of protected stock, read once: what cannot be read is no lack of a policy (R30)."""
    politicas = Politicas(settings.cache_segundos)
    with db.read() as connection:
        politicas.ler(connection)
    return politicas


def _totvs(settings: Settings) -> ClienteTotvs | None:
    """The service beside, where one is named; half of the threads stay with the sales."""
    if not settings.login_totvs:
        return None
    return ClienteTotvs(settings.login_totvs, ao_mesmo_tempo=vagas(settings.threads))


def _verificador(settings: Settings, demo: bool) -> Verificador:
    """ViaCEP, then ByJG; on the demo a small local table, unless an address was set (§3)."""
    if demo and not (settings.viacep_url or settings.byjg_url):
        return VerificadorDemonstracao()
    http = ClienteHttp(proxy_do_ambiente=settings.cep_proxy)
    usuario, senha = settings.byjg_usuario or None, settings.byjg_senha or None
    try:
        viacep = ViaCep(settings.viacep_url or VIACEP, http=http)
        byjg = ByJg(settings.byjg_url or BYJG, usuario=usuario, senha=senha, http=http)
    except ValueError as error:
        raise SettingsError([f"PREVENDA_VIACEP_URL, PREVENDA_BYJG_*: {error}"]) from None
    return VerificadorCep([viacep, byjg], clock=time.monotonic)


def _chave_jwt(settings: Settings, db: Database, demo: bool) -> str:
    """The setting, or on the demo the key that was drawn when it was created."""
    if settings.jwt_chave:
        if not demo and parece_exemplo(settings.jwt_chave):
            raise SettingsError(["PREVENDA_JWT_CHAVE: parece um exemplo; sorteie uma chave"])
        return settings.jwt_chave
    with db.read() as connection:
        chave = config.find_config(connection, CHAVE_JWT_DA_DEMO) if demo else None
    if chave is None:
        raise SettingsError([f"PREVENDA_JWT_CHAVE: obrigatória fora da demonstração; para sortear uma: {SORTEIO}"])
    return chave


def create_app(
    settings: Settings | None = None, *, clock: Callable[[], dt.datetime] = _now, conexoes_laterais: int = 0
) -> Flask:
    """The WSGI application. Raises what ``build_gateway`` raises."""
    settings = settings or from_env(os.environ)
    gw = build_gateway(settings, clock, conexoes_laterais=conexoes_laterais)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.corpo_max
    requisicoes.install(app, __version__)
    endereco.install(app)
    app.extensions["prevenda"] = gw
    app.extensions["encerrando"] = threading.Event()
    app.extensions["limites"] = Limites(settings.max_simultaneas, settings.max_por_minuto)
    app.extensions["estranhos"] = Estranhos()
    app.extensions["prontidoes"] = Prontidoes(gw)
    app.extensions["recusas"] = recusas_sem_registro.Contador(gw)
    app.extensions["relogio"] = gw.clock
    app.extensions["esperas"] = indicadores.Esperas(gw)
    app.extensions["porteiro"] = Porteiro(gw.db, settings.cache_segundos)
    for module in (
        pre_vendas,
        consulta,
        eventos,
        passagem,
        login,
        log,
        recusas,
        reservas,
        conciliacao,
        fluxo,
        dinheiro,
        politicas,
        health,
        documento,
    ):
        app.register_blueprint(module.blueprint)
    painel.install(app)
    errors.install(app)
    app.after_request(_headers)
    app.after_request(segurar_estranhos)
    app.wsgi_app = ProxyConfiavel(app.wsgi_app, settings.proxy_confiavel)  # type: ignore[method-assign]
    return app


def _headers(response: Response) -> Response:
    """A page that needs more (the panel) sets its own; nothing here is overwritten."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    # A redirect within the gateway is relative: the host may be whatever the caller has sent.
    if response.location and response.location.startswith(request.host_url):
        response.headers["Location"] = "/" + response.location.removeprefix(request.host_url).lstrip("/")
    return response
