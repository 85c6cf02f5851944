"""Fairness: limits per login, off unless set; who runs into one is told when to come back, and nobody else notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.auth import exige
from app.api.limites import ENDERECOS_LEMBRADOS, ESTRANHAS_EM_S, ESTRANHAS_LIVRES, Estranhos, Limites
from app.api.problemas import ErroHttp
from app.settings import Settings
from tests.integration.porta.conftest import Porta
from tests.support.builders import item, pre_venda
from tests.support.gateway import DO_LOG, ROTA, Casa

PATH = "/api/v1/pre-vendas/1?idLojaRetaguarda=1"


class Passo:
    def __init__(self) -> None:
        self.agora = 100.0

    def __call__(self) -> float:
        return self.agora


@pytest.fixture
def com_limites(porta: Porta) -> Iterator[Any]:
    """Another gateway on the same database with limits."""
    abertas: list[Casa] = []

    def abrir(**limites: int) -> Casa:
        abertas.append(porta.com(**limites))
        return abertas[-1]

    yield abrir
    for casa in abertas:
        casa.close()


def excedido(answer: Any) -> int:
    """Check that an answer is a 429, and give the seconds to wait."""
    assert answer.status_code == 429, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["codigo"] == "LIMITE_EXCEDIDO"
    return int(answer.headers["Retry-After"])


def test_all_limits_are_off_by_default() -> None:
    settings = Settings()
    assert (settings.max_simultaneas, settings.max_por_minuto) == (0, 0)
    assert (settings.max_reservas_abertas, settings.max_unidades_abertas) == (0, 0)


# --- requests in a minute


def test_requests_in_a_minute(com_limites: Any) -> None:
    casa, passo = com_limites(), Passo()
    for login in ("hub", "pdv1"):
        casa.token(login)
    casa.app.extensions["limites"] = Limites(por_minuto=3, clock=passo)
    for _ in range(3):
        assert casa.pedir("GET", PATH, "hub").status_code == 200
        passo.agora += 10
    assert excedido(casa.pedir("GET", PATH, "hub")) == 30
    assert casa.pedir("GET", PATH, "pdv1").status_code == 200
    passo.agora += 29.5
    assert excedido(casa.pedir("GET", PATH, "hub")) == 1
    passo.agora += 0.5
    assert casa.pedir("GET", PATH, "hub").status_code == 200  # what was refused did not count
    assert excedido(casa.pedir("GET", PATH, "hub")) == 10


def test_the_setting_reaches_the_door(com_limites: Any) -> None:
    casa = com_limites(max_por_minuto=2)
    answers = [casa.pedir("GET", PATH, "hub").status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert casa.app.test_client().get("/health/live").status_code == 200


def test_a_limited_request_leaves_no_row(com_limites: Any) -> None:
    casa = com_limites(max_por_minuto=1)
    casa.enviar(pre_venda(numero="PV-1"))
    antes = casa.fotografia()
    assert 55 <= excedido(casa.enviar(pre_venda(numero="PV-2"))) <= 60
    assert casa.fotografia() == antes


# --- requests at once


def test_requests_at_once(com_limites: Any) -> None:
    casa = com_limites(max_simultaneas=2)
    for login in ("hub", "pdv1"):
        casa.token(login)
    dentro, sair = threading.Semaphore(0), threading.Event()
    view = casa.app.view_functions["pre_vendas.situacao"]

    def demorar(caller_view: Any = view.__wrapped__, **kwargs: Any) -> Any:
        dentro.release()
        assert sair.wait(20)
        return caller_view(**kwargs)

    casa.app.view_functions["pre_vendas.situacao"] = exige(*view.escopos)(demorar)
    status: list[int] = []
    threads = [
        threading.Thread(target=lambda: status.append(casa.pedir("GET", PATH, "hub").status_code)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert dentro.acquire(timeout=20)
    assert excedido(casa.pedir("GET", PATH, "hub")) == 1
    assert excedido(casa.enviar(pre_venda(), "hub")) == 1
    assert casa.enviar(pre_venda(), "pdv1").status_code == 201  # another caller is not affected
    sair.set()
    for thread in threads:
        thread.join(20)
    assert status == [200, 200]
    assert casa.pedir("GET", PATH, "hub").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/reservas/1", "/api/v1/log?limite=x", "/api/v1/estoque/1/999"])
def test_a_refused_request_makes_room_again(com_limites: Any, path: str) -> None:
    casa = com_limites(max_simultaneas=1)
    for _ in range(3):
        assert casa.pedir("GET", path, "retaguarda").status_code in {404, 422}


def test_counting_is_exact_under_threads() -> None:
    limites, cheios = Limites(simultaneas=5), []
    barreira = threading.Barrier(20)

    def tentar() -> None:
        barreira.wait()
        for _ in range(200):
            try:
                limites.entrar("a")
            except ErroHttp:
                cheios.append(1)
            else:
                assert limites._andando["a"] <= 5
                limites.sair("a")

    threads = [threading.Thread(target=tentar) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limites._andando == {}


# --- open reservations


def test_open_reservations_of_a_login(com_limites: Any) -> None:
    casa = com_limites(max_reservas_abertas=2)
    primeira = casa.reservar(pre_venda(numero="PV-1"), "pdv1")
    segunda = casa.reservar(pre_venda(numero="PV-2"), "pdv1")
    antes = casa.fotografia()
    answer = casa.enviar(pre_venda(numero="PV-3"), "pdv1")
    assert excedido(answer) == 2
    assert answer.get_json(force=True)["message"] == "Este login já tem 2 reservas não pagas; pague ou cancele alguma."
    assert casa.fotografia() == antes  # no row, not even of the log
    # What it has it may repeat, alter, pay and cancel; another login is not affected.
    assert casa.enviar(pre_venda(numero="PV-1"), "pdv1").headers["Idempotent-Replayed"] == "true"
    alterada = casa.enviar(pre_venda(item(quantidade=3), numero="PV-1", idRetaguarda=primeira), "pdv1")
    assert alterada.status_code == 201
    assert casa.enviar(pre_venda(numero="PV-4"), "hub").status_code == 201
    paga = {"situacaoPreVenda": 1, "numero": "PV-2", "idLojaRetaguarda": "1", "idRetaguarda": segunda}
    assert casa.enviar(paga, "pdv1").status_code == 200
    assert casa.enviar(pre_venda(numero="PV-3"), "pdv1").status_code == 201
    assert excedido(casa.enviar(pre_venda(numero="PV-5"), "pdv1")) == 2


def test_a_cancelled_reservation_makes_room(com_limites: Any) -> None:
    casa = com_limites(max_reservas_abertas=1)
    numped = casa.reservar(pre_venda(numero="PV-1"), "pdv1")
    assert casa.enviar(pre_venda(numero="PV-2"), "pdv1").status_code == 429
    cancelar = {"situacaoPreVenda": 0, "numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped}
    assert casa.enviar(cancelar, "pdv1").status_code == 200
    assert casa.enviar(pre_venda(numero="PV-2"), "pdv1").status_code == 201


def test_a_flood_of_reservations_of_one_login_stops_at_the_limit(com_limites: Any) -> None:
    casa = com_limites(max_reservas_abertas=20)
    status = [casa.enviar(pre_venda(item(quantidade=1), numero=f"PV-{n}"), "pdv1").status_code for n in range(60)]
    assert status == [201] * 20 + [429] * 40
    assert casa.qtreserv(1) == 20
    assert casa.enviar(pre_venda(item(quantidade=1), numero="PV-0", loja="2"), "pdv2").status_code == 201


# --- units in open reservations


@pytest.fixture
def vinte_e_cinco(casa: Casa) -> Iterator[Casa]:
    """A gateway that lets a login hold 25 units, on both databases."""
    limitada = casa.com(max_unidades_abertas=25)
    yield limitada
    limitada.close()


def test_units_of_a_login(vinte_e_cinco: Casa) -> None:
    casa = vinte_e_cinco
    caixa = casa.reservar(pre_venda(item("123-1", 1, 120), item("100-1", 1), numero="PV-1"), "pdv1")  # 12 + 1 units
    casa.reservar(pre_venda(item("5000-50", 2, 30), numero="PV-2"), "pdv1")  # two kits are two units
    antes = casa.fotografia(sem=DO_LOG)
    answer = casa.enviar(pre_venda(item("100-1", 11), numero="PV-3"), "pdv1")
    assert excedido(answer) == 2
    texto = "Este login tem 15 unidades em reservas não pagas e pode ter 25; pague ou cancele alguma."
    assert answer.get_json(force=True)["message"] == texto
    assert casa.fotografia(sem=DO_LOG) == antes
    assert casa.ultimo_log()["STATUS"] == "R"
    # Up to the limit; another login is not affected; of an alteration only the difference counts.
    assert casa.enviar(pre_venda(item("100-1", 10), numero="PV-3"), "pdv1").status_code == 201
    assert casa.enviar(pre_venda(item("100-1", 25), numero="PV-4"), "hub").status_code == 201
    mais = pre_venda(item("100-1", 14), numero="PV-1", idRetaguarda=caixa)
    assert excedido(casa.enviar(mais, "pdv1")) == 2
    assert casa.enviar(pre_venda(item("100-1", 13), numero="PV-1", idRetaguarda=caixa), "pdv1").status_code == 201


def test_paid_units_make_room(vinte_e_cinco: Casa) -> None:
    numped = vinte_e_cinco.reservar(pre_venda(item("100-1", 25), numero="PV-1"), "pdv1")
    outra = pre_venda(item("100-1", 25), numero="PV-2")
    assert vinte_e_cinco.enviar(outra, "pdv1").status_code == 429
    paga = {"situacaoPreVenda": 1, "numero": "PV-1", "idLojaRetaguarda": "1", "idRetaguarda": numped}
    assert vinte_e_cinco.enviar(paga, "pdv1").status_code == 200
    assert vinte_e_cinco.enviar(outra, "pdv1").status_code == 201


def test_unset_limits_cost_no_statement(porta: Porta) -> None:
    porta.reservar(pre_venda(numero="PV-0"))
    with porta.comandos() as sent:
        porta.reservar(pre_venda(numero="PV-1"))
    assert not [sql for sql in sent if ("count" in sql.lower() or "sum(" in sql.lower()) and "GW_RESERVA" in sql]


def test_a_rehearsal_tells_of_the_limit_and_does_not_count(com_limites: Any) -> None:
    casa = com_limites(max_reservas_abertas=1)

    def ensaiar() -> int:
        return casa.pedir("POST", "/api/v1/pre-vendas/simulacao", "pdv1", json=pre_venda(numero="PV-2")).status_code

    assert (ensaiar(), ensaiar()) == (200, 200)
    casa.reservar(pre_venda(numero="PV-1"), "pdv1")
    assert ensaiar() == 429
    assert casa.pedir("POST", ROTA, "pdv1", json=pre_venda(numero="PV-2")).status_code == 429


# --- strangers


def test_a_stranger_who_is_refused_in_a_loop_is_answered_late() -> None:
    passo = Passo()
    estranhos = Estranhos(passo)
    assert [estranhos.demais("10.0.0.1") for _ in range(ESTRANHAS_LIVRES + 2)] == [False] * ESTRANHAS_LIVRES + [
        True
    ] * 2
    assert not estranhos.demais("10.0.0.2")
    passo.agora += ESTRANHAS_EM_S
    assert not estranhos.demais("10.0.0.1")


def test_what_is_remembered_of_strangers_is_bounded() -> None:
    estranhos = Estranhos()
    for n in range(ENDERECOS_LEMBRADOS + 100):
        estranhos.demais(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(estranhos._recusas) == ENDERECOS_LEMBRADOS


@pytest.mark.parametrize(
    ("method", "path", "headers", "http"),
    [
        ("POST", ROTA, {}, 401),
        ("POST", ROTA, {"Authorization": "Bearer x"}, 401),
        ("POST", ROTA, {"Authorization": f"Bearer gwp_{'0' * 16}_{'a' * 43}"}, 401),
        ("GET", "/winthor/nada", {}, 404),
        ("GET", ROTA, {}, 405),
    ],
)
def test_a_refusal_of_nobody_takes_a_sale_s_thread_but_so_often(
    porta: Porta, method: str, path: str, headers: dict[str, str], http: int
) -> None:
    """Whoever is known is told at once, however often he is refused."""
    seguradas = porta.seguradas()
    for _ in range(ESTRANHAS_LIVRES + 1):
        assert porta.pedir(method, path, None, headers=headers, json={}).status_code == http
    assert seguradas == [None] * ESTRANHAS_LIVRES + [3.0]
    seguradas.clear()
    for _ in range(ESTRANHAS_LIVRES + 1):
        assert porta.pedir("POST", ROTA, json={}).status_code == 422
    assert seguradas == [None] * (ESTRANHAS_LIVRES + 1)
