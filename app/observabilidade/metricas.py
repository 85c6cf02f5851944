"""The gateway's metrics, for Prometheus. Labels are routes, operations, codes and steps: few, and never a value.

With several processes each keeps its own, and whichever is asked has their parent add them up (app/servidor/ramal.py):
prometheus_client's way, files that are mapped into memory, ends the process on a full disk (SIGBUS). What only the
database knows is read when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from app.services.consulta.indicadores import Espera
from app.services.gateway import Gateway
from app.services.operacao.anotacoes import Anotacao

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
ENSAIOS = Counter("prevenda_rehearsals", "Rehearsals by status and code", ["status", "codigo"], registry=REGISTRO)
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
    registry=REGISTRO,
)
CONEXOES_MAX = Gauge(
    "prevenda_pool_connections_limit",
    "Database connections the pools may hold",
    registry=REGISTRO,
)
DISJUNTOR = Gauge(
    "prevenda_breaker_open",
    "1 while a CEP service is left alone after failures, in any process",
    ["servico"],
    registry=REGISTRO,
)
FILA = Gauge("prevenda_queue_waiting", "Requests waiting for a thread", registry=REGISTRO)


def observar(
    gw: Gateway, *, method: str, route: str, status: int, codigo: str, segundos: float, nota: Anotacao
) -> None:
    """Count one answered request, and look at the state of this process while at it."""
    DURACAO.labels(method, route, nota.operacao).observe(segundos)
    if nota.ensaio:
        ENSAIOS.labels(status, codigo).inc()
    else:
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


# Metrics as they go from process to process: name, help, type, and of each sample its name, labels and value.
Amostra = tuple[str, tuple[tuple[str, str], ...], float]
Retrato = list[tuple[str, str, str, list[Amostra]]]

# Of these the highest value counts, of all others the sum.
MAXIMOS = {"prevenda_breaker_open"}

# Set in a process that has brothers: what all of them count together. Raises OSError or EOFError.
DE_TODOS: list[Callable[[], Retrato]] = []


def retrato() -> Retrato:
    """The metrics of this process."""
    return [
        (m.name, m.documentation, m.type, [(s.name, tuple(s.labels.items()), s.value) for s in m.samples])
        for m in REGISTRO.collect()
    ]


def so_contagens(achado: Retrato) -> Retrato:
    """Without what ends with the process: connections in use, a breaker that is open."""
    return [metrica for metrica in achado if metrica[2] != "gauge"]


def somar(retratos: Sequence[Retrato]) -> Retrato:
    """The metrics of several processes as one's."""
    familias: dict[str, tuple[str, str, dict[tuple[str, tuple[tuple[str, str], ...]], float]]] = {}
    for nome, texto, tipo, amostras in (metrica for um in retratos for metrica in um):
        valores = familias.setdefault(nome, (texto, tipo, {}))[2]
        for da_amostra, labels, valor in amostras:
            antes = valores.get((da_amostra, labels), 0.0)
            valores[da_amostra, labels] = max(antes, valor) if nome in MAXIMOS else antes + valor
    return [
        (nome, texto, tipo, [(da_amostra, labels, valor) for (da_amostra, labels), valor in valores.items()])
        for nome, (texto, tipo, valores) in familias.items()
    ]


def exposicao(version: str, espera: Espera | None) -> bytes:
    """All metrics in Prometheus' text form; ``espera`` None: the database did not answer."""
    todas = REGISTRO
    for de_todos in DE_TODOS:
        try:
            achado = de_todos()
        except (OSError, EOFError):
            continue  # better this process's own than none
        todas = CollectorRegistry()
        todas.register(_Somadas(achado))
    agora = CollectorRegistry()
    agora.register(_DoMomento(version, espera))
    return generate_latest(todas) + generate_latest(agora)


class _Somadas:
    """Metrics that were added up."""

    def __init__(self, achado: Retrato) -> None:
        self._achado = achado

    def collect(self) -> Iterable[Metric]:
        """As prometheus_client shows them."""
        for nome, texto, tipo, amostras in self._achado:
            metrica = Metric(nome, texto, tipo)
            for da_amostra, labels, valor in amostras:
                metrica.add_sample(da_amostra, dict(labels), valor)
            yield metrica


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
            ("order_numbers_left", "Numbers that the counter nearest to its end has left (R2)", espera.numeros),
            ("webhooks_off", "Subscriptions given up after the last attempt (R28)", espera.desligadas),
            (
                "webhook_oldest_seconds",
                "Age of the oldest event not delivered to an active subscription",
                espera.entrega_s,
            ),
            ("customer_codes_left", "Codes left for new customers (R7)", espera.codigos_de_cliente),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"prevenda_{name}", text, value=value)
