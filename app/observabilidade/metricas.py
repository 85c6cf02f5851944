"""The gateway's metrics, for Prometheus. Labels are routes, operations, codes and steps: few, and never a value.

With several processes each writes its own files in PROMETHEUS_MULTIPROC_DIR (set before this module is imported), and
whichever is asked adds them up. What only the database knows is read when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.services.consulta.indicadores import Espera
from app.services.gateway import Gateway
from app.services.operacao.anotacoes import Anotacao

PASTA = "PROMETHEUS_MULTIPROC_DIR"
SEM_ROTA = "(sem rota)"
# Seconds; the last bound is the longest life of a request (R15).
FAIXAS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRO = CollectorRegistry()

DURACAO = Histogram(
    "prevenda_http_request_duration_seconds",
    "Time to answer a request",
    ["method", "route", "operacao"],
    buckets=FAIXAS,
    registry=REGISTRO,
)
DESFECHOS = Counter(
    "prevenda_outcomes", "Answers by operation, status and code", ["operacao", "status", "codigo"], registry=REGISTRO
)
PASSOS = Histogram(
    "prevenda_step_duration_seconds",
    "Time of the steps of an operation; passo=locks is the wait for row locks",
    ["passo"],
    buckets=FAIXAS,
    registry=REGISTRO,
)
CONEXOES = Gauge(
    "prevenda_pool_connections_in_use",
    "Database connections in use",
    multiprocess_mode="livesum",
    registry=REGISTRO,
)
CONEXOES_MAX = Gauge(
    "prevenda_pool_connections_limit",
    "Database connections the pools may hold",
    multiprocess_mode="livesum",
    registry=REGISTRO,
)
DISJUNTOR = Gauge(
    "prevenda_breaker_open",
    "1 while a CEP service is left alone after failures, in any process",
    ["servico"],
    multiprocess_mode="livemax",
    registry=REGISTRO,
)
FILA = Gauge("prevenda_queue_waiting", "Requests waiting for a thread", multiprocess_mode="livesum", registry=REGISTRO)


def observar(
    gw: Gateway, *, method: str, route: str, status: int, codigo: str, segundos: float, nota: Anotacao
) -> None:
    """Count one answered request, and look at the state of this process while at it."""
    DURACAO.labels(method, route, nota.operacao).observe(segundos)
    DESFECHOS.labels(nota.operacao, status, codigo).inc()
    for passo, milissegundos in nota.tempos.items():
        PASSOS.labels(passo).observe(milissegundos / 1000)
    em_uso, limite = gw.db.ocupacao()
    CONEXOES.set(em_uso)
    CONEXOES_MAX.set(limite)
    for servico, estado in gw.cep.estado().items():
        DISJUNTOR.labels(servico).set(estado["disjuntor"] != "fechado")


def contar_recusa(status: int, codigo: str) -> None:
    """Count a request that was refused before it reached the application."""
    DESFECHOS.labels("", status, codigo).inc()


def esquecer_processo(pid: int) -> None:
    """A process died: what it had in use is in use no more."""
    if os.environ.get(PASTA):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def exposicao(version: str, espera: Espera | None) -> bytes:
    """All metrics in Prometheus' text form; ``espera`` None: the database did not answer."""
    todas = REGISTRO
    if os.environ.get(PASTA):
        todas = CollectorRegistry()
        MultiProcessCollector(todas)  # type: ignore[no-untyped-call]
    agora = CollectorRegistry()
    agora.register(_DoMomento(version, espera))
    return generate_latest(todas) + generate_latest(agora)


class _DoMomento:
    """What is read when asked for."""

    def __init__(self, version: str, espera: Espera | None) -> None:
        self._version = version
        self._espera = espera

    def collect(self) -> Iterable[Metric]:
        """Build information, and what waits in the database."""
        build = GaugeMetricFamily("prevenda_build_info", "Version of the gateway; always 1", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        yield GaugeMetricFamily("prevenda_database_up", "1 when the database answered", value=self._espera is not None)
        if self._espera is None:
            return
        espera = self._espera
        for name, text, value in (
            ("oldest_pending_seconds", "Age of the oldest operation still P; 0 = none", espera.pendente_s),
            ("reservations_live", "Reservations AUTORIZADA", espera.vivas),
            ("reservations_expiring", "Reservations AUTORIZADA that fall due within 24 hours", espera.a_vencer),
            ("reservations_overdue", "Reservations past due that no sweep has cancelled yet", espera.vencidas),
            ("sweep_age_seconds", "Time since the last sweep (prevenda reservas expirar)", espera.varredura_s),
            ("conciliation_age_seconds", "Time since the last prevenda conciliar", espera.conciliacao_s),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"prevenda_{name}", text, value=value)
