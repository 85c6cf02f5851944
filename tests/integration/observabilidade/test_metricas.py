"""What /metrics says, and that no caller can make it say more and more."""

from __future__ import annotations

import datetime as dt
import signal
from pathlib import Path
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from app import __version__
from app.api.documento.problemas import ERROS
from app.services.consulta.explicacoes import EXPLICACOES
from app.services.tempo import expirar
from tests.conftest import PostgresqlServer
from tests.integration.porta.conftest import Porta
from tests.integration.porta.test_dados_pessoais import fluxos
from tests.support.builders import item, pre_venda
from tests.support.gateway import ROTA, Casa
from tests.support.servers import servidor

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]

CODIGOS = {"ACEITA", "REPETIDA", *ERROS, *EXPLICACOES}


def ler(texto: str) -> Series:
    """(name, labels) -> value of every series."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(texto)
        for sample in family.samples
    }


def series(casa: Casa) -> Series:
    answer = casa.pedir("GET", "/metrics", None)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return ler(answer.get_data(as_text=True))


def valor(achadas: Series, name: str, **labels: Any) -> float | None:
    return achadas.get((f"prevenda_{name}", tuple(sorted((k, str(v)) for k, v in labels.items()))))


def quanto_mudou(antes: Series, depois: Series, name: str, **labels: Any) -> float:
    return (valor(depois, name, **labels) or 0) - (valor(antes, name, **labels) or 0)


def test_a_reservation_is_counted_and_timed(porta: Porta) -> None:
    antes = series(porta)
    porta.reservar(pre_venda(numero="PV-1"))
    porta.enviar(pre_venda(numero="PV-1"))
    porta.enviar(pre_venda(item(quantidade=5000), numero="PV-2"))
    depois = series(porta)
    for codigo, status in (("ACEITA", 201), ("REPETIDA", 201), ("ESTOQUE_INSUFICIENTE", 409)):
        assert quanto_mudou(antes, depois, "outcomes_total", operacao="I", status=status, codigo=codigo) == 1
    rota = {"method": "POST", "route": ROTA, "operacao": "I"}
    assert quanto_mudou(antes, depois, "http_request_duration_seconds_count", **rota) == 3
    assert quanto_mudou(antes, depois, "http_request_duration_seconds_sum", **rota) > 0
    # Neither the replay nor what is hopeless without a lock has any.
    assert quanto_mudou(antes, depois, "step_duration_seconds_count", passo="locks") == 1


def test_a_rehearsal_is_counted_as_one(porta: Porta) -> None:
    antes = series(porta)
    corpo = pre_venda(numero="PV-ENSAIO")
    assert porta.pedir("POST", "/api/v1/pre-vendas/simulacao", "hub", json=corpo).status_code == 200
    depois = series(porta)
    assert quanto_mudou(antes, depois, "rehearsals_total", status=200, codigo="ACEITA") == 1
    assert quanto_mudou(antes, depois, "outcomes_total", operacao="I", status=200, codigo="ACEITA") == 0


def test_numbers_are_told_before_their_end(porta: Porta) -> None:
    porta.executar("UPDATE PCUSUARI SET PROXNUMPED = 8999951 WHERE CODUSUR = 8")
    assert valor(series(porta), "order_numbers_left") == 49


def test_what_waits_in_the_database(porta: Porta) -> None:
    porta.reservar(pre_venda(numero="PV-1", lockTTL="36h"))
    porta.reservar(pre_venda(numero="PV-2", lockTTL="2d"))
    inicio = porta.gw.agora().replace(tzinfo=None)
    porta.executar("UPDATE GW_OPERACAO SET ESTADO = 'P', DTINICIO = :d WHERE NUMERO = 'PV-2'", d=inicio)
    achadas = series(porta)
    assert valor(achadas, "build_info", version=__version__) == 1
    assert valor(achadas, "database_up") == 1
    assert valor(achadas, "reservations_live") == 2
    assert valor(achadas, "reservations_expiring") == 0
    assert valor(achadas, "sweep_age_seconds") is None  # never run
    expirar.expirar(porta.gw)
    porta.relogio.andar(hours=30)
    achadas = series(porta)
    assert valor(achadas, "oldest_pending_seconds") == dt.timedelta(hours=30).total_seconds()
    assert (valor(achadas, "reservations_expiring"), valor(achadas, "reservations_overdue")) == (2, 0)
    assert valor(achadas, "sweep_age_seconds") == dt.timedelta(hours=30).total_seconds()
    porta.relogio.andar(hours=6)
    achadas = series(porta)
    assert (valor(achadas, "reservations_expiring"), valor(achadas, "reservations_overdue")) == (1, 1)


def test_the_pool_and_the_breakers(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    estado = {"ViaCEP": {"disjuntor": "aberto"}, "ByJG": {"disjuntor": "fechado"}}
    monkeypatch.setattr(type(porta.gw.cep), "estado", lambda _self: estado)
    with porta.gw.db.read():
        porta.pedir("GET", "/health/live", None)
        achadas = series(porta)
    assert valor(achadas, "pool_connections_in_use") == 1
    assert valor(achadas, "pool_connections_limit") == porta.gw.db.ocupacao()[1]
    assert (valor(achadas, "breaker_open", servico="ViaCEP"), valor(achadas, "breaker_open", servico="ByJG")) == (1, 0)


def test_a_dead_database_is_a_metric_too(casa_pg: Casa, postgresql_server: PostgresqlServer) -> None:
    name = casa_pg.engine.url.database
    postgresql_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        casa_pg.gw.db.engine.dispose()
        achadas = series(casa_pg)
    finally:
        postgresql_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert valor(achadas, "database_up") == 0
    assert valor(achadas, "reservations_live") is None


def hostilizar(porta: Porta, lote: str) -> None:
    """Requests of which every part that a caller chooses is new."""
    for n in range(8):
        texto = f"{lote}{n}"
        porta.pedir("GET", f"/{texto}/{texto}", None)
        porta.pedir("GET", f"/api/v1/pre-vendas/{texto}?idLojaRetaguarda={texto}")
        porta.app.test_client().open(f"/api/v1/log?filial={texto}", method=f"X{texto.upper()}")
        porta.app.test_client().post("/winthor/autenticacao/v1/login", json={"login": texto, "senha": texto})
        porta.enviar(pre_venda(numero=texto, loja=texto))
        porta.enviar(pre_venda(numero=texto, situacaoPreVenda=texto), headers={"X-Request-ID": f"{texto}-abcdef-0123"})
        porta.app.test_client().get("/health/live", headers={"Host": f"{texto}.example"})


def test_no_caller_makes_new_series(porta: Porta) -> None:
    inicio = series(porta).keys()  # the metrics are the process's: other tests have made some
    for _ in fluxos(porta):
        pass
    hostilizar(porta, "a")
    series(porta)  # the first one to ask for metrics makes the series of that route
    antes = series(porta).keys()
    hostilizar(porta, "b")
    depois = series(porta).keys()
    assert depois ^ antes == set()
    rotas = {(metodo, regra.rule) for regra in porta.app.url_map.iter_rules() for metodo in regra.methods or ()}
    for _, labels in depois - inicio:
        rotulos = dict(labels)
        if "route" in rotulos:
            assert (rotulos["method"], rotulos["route"]) in rotas | {("", "(sem rota)")}
        assert rotulos.get("operacao", "") in {"", "I", "A", "C"}
        assert rotulos.get("codigo", "ACEITA") in CODIGOS


def test_several_processes_are_added_up(postgresql: sa.Engine, tmp_path: Path) -> None:
    url = postgresql.url.render_as_string(hide_password=False)
    with servidor(tmp_path, url, processos=2) as gateway:
        token = gateway.entrar()
        for numero in range(12):
            assert gateway.enviar(pre_venda(numero=f"PV-{numero}"), token)[0] == 201
        for _ in range(6):  # whichever process answers
            achadas = ler(gateway.pedir("GET", "/metrics")[2].decode())
            assert valor(achadas, "outcomes_total", operacao="I", status=201, codigo="ACEITA") == 12
            assert valor(achadas, "build_info", version=__version__) == 1
        gateway.sinal(signal.SIGTERM)
        assert gateway.fim() == 0
        linhas = [simplejson.loads(linha) for linha in gateway.linhas if linha.startswith("{")]
        assert len([linha for linha in linhas if linha.get("operacao") == "I"]) == 12
