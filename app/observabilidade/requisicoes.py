"""Each request: its ids, its line in the log, its place in the metrics; and /metrics itself."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Flask, Response, current_app, g, request

from app.observabilidade import metricas
from app.observabilidade.identidade import REQUEST_ID, TRACEPARENT, identificar
from app.observabilidade.registro import CAMPOS
from app.services.consulta import indicadores
from app.services.consulta.recusas_sem_registro import CONTADOS
from app.services.gateway import Gateway
from app.services.operacao import anotacoes

log = logging.getLogger("prevenda.acesso")

ACEITA, REPETIDA = "ACEITA", "REPETIDA"
# Asked every few seconds by proxies and Prometheus: only what goes wrong is worth a line.
SILENCIOSAS = ("/health/", "/metrics")

blueprint = Blueprint("metricas", __name__)


def install(app: Flask, version: str) -> None:
    """Before everything else that looks at a request, so that whatever is refused has its ids and its line too."""
    app.config["VERSION"] = version
    app.before_request(_comecar)
    app.after_request(_terminar)
    app.register_blueprint(blueprint)


def _comecar() -> None:
    g.inicio = time.perf_counter()
    g.identidade = identificar(request.headers.get(REQUEST_ID, ""), request.headers.get(TRACEPARENT, ""))
    g.nota = anotacoes.nova()


def _terminar(response: Response) -> Response:
    if g.get("em_espera"):
        return response  # nothing is answered yet: the request is served again
    gw: Gateway = current_app.extensions["prevenda"]
    status = response.status_code
    segundos = time.perf_counter() - g.inicio
    nota: anotacoes.Anotacao = g.nota
    route = request.url_rule.rule if request.url_rule is not None else metricas.SEM_ROTA
    method = request.method if request.url_rule is not None else ""
    codigo = g.get("codigo") or (REPETIDA if nota.repetida else ACEITA if status < 400 else f"HTTP_{status}")
    metricas.observar(gw, method=method, route=route, status=status, codigo=codigo, segundos=segundos, nota=nota)
    caller = g.get("caller")
    if status in CONTADOS and not nota.id:
        conhecido = caller.login if caller is not None else g.get("conhecido")
        current_app.extensions["recusas"].contar(conhecido, codigo)
    if status >= 400 or not route.startswith(SILENCIOSAS):
        campos = {
            "request_id": g.identidade.request_id,
            "trace": g.identidade.trace,
            "span": g.identidade.span,
            "method": method,
            "rota": route,
            "caller": caller.login if caller is not None else "",
            "filial": nota.filial,
            "operacao": nota.operacao,
            "id": nota.id,
            "status": status,
            "codigo": codigo,
            "ms": round(segundos * 1000, 1),
            "passos": dict(nota.tempos),
        }
        log.info("pedido atendido", extra={CAMPOS: {k: v for k, v in campos.items() if v not in ("", {})}})
    response.headers.update(g.identidade.cabecalhos())
    return response


def recusada_antes(status: int, codigo: str, request_id: str, traceparent: str) -> dict[str, str]:
    """Log and count a request that never reached the application; the headers its answer carries."""
    identidade = identificar(request_id, traceparent)
    metricas.contar_recusa(status, codigo)
    campos = {"request_id": identidade.request_id, "trace": identidade.trace, "status": status, "codigo": codigo}
    log.info("pedido recusado antes da aplicacao", extra={CAMPOS: campos})
    return identidade.cabecalhos()


@blueprint.get("/metrics")
def metrics() -> Response:
    """Metrics of all processes of this host, for Prometheus; no personal data, so no token."""
    espera: indicadores.Esperas = current_app.extensions["esperas"]
    texto = metricas.exposicao(current_app.config["VERSION"], espera.ler())
    return Response(texto, content_type="text/plain; version=0.0.4; charset=utf-8")
