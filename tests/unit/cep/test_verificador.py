"""Order, budget, places and memory of a check, with services that do as they are told (R8)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.cep.disjuntor import LimitesDisjuntor
from app.cep.memoria import LimitesMemoria
from app.cep.servico import FalhaServico, RespostaServico
from app.cep.verificador import VerificadorCep
from app.domain.endereco import CepIndisponivel, Desconhecido, Encontrado, Malformado
from app.saida.prazo import Prazo
from tests.support.cep_servers import SE, Cronometro, RelogioFalso, esperar_ate

SEM_MEMORIA = LimitesMemoria(tamanho=0)


class Servico:
    """A service that answers what ``agir`` returns or raises, and keeps what it was asked."""

    def __init__(self, nome: str, agir: Callable[[], RespostaServico]) -> None:
        self.nome = nome
        self.agir = agir
        self.ceps: list[str] = []
        self.prazos: list[float] = []

    def consultar(self, cep: str, prazo: Prazo) -> RespostaServico:
        self.ceps.append(cep)
        self.prazos.append(prazo.restante())
        return self.agir()


def falhar(motivo: str = "resposta HTTP 503") -> RespostaServico:
    raise FalhaServico(motivo)


def achar(nome: str) -> Servico:
    return Servico(nome, lambda: Encontrado(SE, nome))


@pytest.fixture
def relogio() -> RelogioFalso:
    return RelogioFalso()


def test_first_service_answers_and_the_second_is_not_asked(relogio: RelogioFalso) -> None:
    um, dois = achar("um"), achar("dois")
    assert VerificadorCep([um, dois], clock=relogio).verificar("01001-000") == Encontrado(SE, "um")
    assert (um.ceps, dois.ceps) == (["01001000"], [])


@pytest.mark.parametrize("resposta", [Desconhecido("um"), Malformado()])
def test_a_clear_no_is_an_answer(relogio: RelogioFalso, resposta: RespostaServico) -> None:
    um, dois = Servico("um", lambda: resposta), achar("dois")
    assert VerificadorCep([um, dois], clock=relogio).verificar("01001000") == resposta
    assert dois.ceps == []


def test_second_service_is_asked_when_the_first_fails(relogio: RelogioFalso) -> None:
    um, dois = Servico("um", falhar), achar("dois")
    assert VerificadorCep([um, dois], clock=relogio).verificar("01001000") == Encontrado(SE, "dois")


def test_both_down(relogio: RelogioFalso) -> None:
    um, dois = Servico("um", falhar), Servico("dois", lambda: falhar("sem resposta no tempo"))
    resultado = VerificadorCep([um, dois], clock=relogio).verificar("01001000")
    assert resultado == CepIndisponivel(("um: resposta HTTP 503", "dois: sem resposta no tempo"))


@pytest.mark.parametrize(
    "cep", [None, "", "123", "0100100a", "../../etc", "01001000\n", "０１００１０００", "01001000@x"]
)
def test_text_that_is_no_cep_reaches_no_service(relogio: RelogioFalso, cep: str | None) -> None:
    um = achar("um")
    assert VerificadorCep([um], clock=relogio).verificar(cep) == Malformado()
    assert um.ceps == []


def test_defect_in_a_client_is_a_failure_of_its_service(
    relogio: RelogioFalso, caplog: pytest.LogCaptureFixture
) -> None:
    um = Servico("um", lambda: {}["cep 01001000"])  # type: ignore[return-value]
    verificador = VerificadorCep([um], clock=relogio)
    with caplog.at_level(logging.DEBUG):
        assert verificador.verificar("01001000") == CepIndisponivel(("um: erro inesperado (KeyError)",))
    assert "01001000" not in caplog.text


def test_no_service_at_all(relogio: RelogioFalso) -> None:
    assert VerificadorCep([], clock=relogio).verificar("01001000") == CepIndisponivel(())


# Budget


def test_a_service_gets_its_share_and_the_next_one_what_is_left(relogio: RelogioFalso) -> None:
    def falhar_devagar() -> RespostaServico:
        relogio.avancar(1.25)
        return falhar()

    um, dois = Servico("um", falhar_devagar), achar("dois")
    VerificadorCep([um, dois], clock=relogio).verificar("01001000")
    assert (um.prazos, dois.prazos) == ([1.5], [1.25])


def test_service_for_which_no_time_is_left_is_not_asked_nor_blamed(relogio: RelogioFalso) -> None:
    def falhar_devagar() -> RespostaServico:
        relogio.avancar(2.5)
        return falhar()

    um, dois = Servico("um", falhar_devagar), achar("dois")
    verificador = VerificadorCep([um, dois], clock=relogio)
    assert verificador.verificar("01001000") == CepIndisponivel(("um: resposta HTTP 503", "dois: sem tempo"))
    assert verificador.estado()["dois"] == {"disjuntor": "fechado", "chamadas": 0, "falhas": 0, "recusadas": 0}


def test_a_wait_without_any_time_out_ends_with_the_budget() -> None:
    """As a silent name server makes it: the service does not look at its deadline at all."""
    solto = threading.Event()
    surdo = Servico("surdo", lambda: Encontrado(SE, "surdo") if solto.wait(30) else falhar())
    verificador = VerificadorCep([surdo, surdo], clock=time.monotonic, budget_s=0.3, tentativa_s=0.2)
    with Cronometro() as tempo:
        resultado = verificador.verificar("01001000")
    solto.set()
    assert resultado == CepIndisponivel(("surdo: sem resposta no tempo", "surdo: sem resposta no tempo"))
    assert 0.3 <= tempo.segundos < 3


# Places


def ocupar(verificador: VerificadorCep, quantos: int, servico: Servico) -> list[threading.Thread]:
    """That many checks, each inside a call."""
    threads = [threading.Thread(target=verificador.verificar, args=(f"0100100{i}",)) for i in range(quantos)]
    for thread in threads:
        thread.start()
    assert esperar_ate(lambda: len(servico.ceps) == quantos)
    return threads


@pytest.mark.parametrize(("max_em_voo", "recusado"), [(4, True), (5, False)])
def test_fifth_check_at_once_is_answered_at_once(max_em_voo: int, recusado: bool) -> None:
    """The second case is the control: with one more place the same check is let through."""
    solto = threading.Event()
    um = Servico("um", lambda: Encontrado(SE, "um") if solto.wait(5) else falhar())
    verificador = VerificadorCep([um], clock=time.monotonic, max_em_voo=max_em_voo, tentativa_s=2)
    threads = ocupar(verificador, 4, um)
    if recusado:
        with Cronometro() as tempo:
            assert verificador.verificar("69060000") == CepIndisponivel(("serviço ocupado",))
        assert tempo.segundos < 1.5
    else:
        threads += [threading.Thread(target=verificador.verificar, args=("69060000",))]
        threads[-1].start()
        assert esperar_ate(lambda: "69060000" in um.ceps)
    solto.set()
    for thread in threads:
        thread.join()
    assert verificador.verificar("69060000") == Encontrado(SE, "um")


def test_refusal_for_lack_of_a_place_blames_no_service() -> None:
    solto = threading.Event()
    um = Servico("um", lambda: Encontrado(SE, "um") if solto.wait(5) else falhar())
    verificador = VerificadorCep([um], clock=time.monotonic, max_em_voo=1)
    threads = ocupar(verificador, 1, um)
    for _ in range(10):
        verificador.verificar("69060000")
    solto.set()
    threads[0].join()
    assert verificador.estado()["um"] == {"disjuntor": "fechado", "chamadas": 1, "falhas": 0, "recusadas": 0}


def test_remembered_answers_need_no_place() -> None:
    solto = threading.Event()
    um = achar("um")
    verificador = VerificadorCep([um], clock=time.monotonic, max_em_voo=1)
    verificador.verificar("69060000")
    um.ceps.clear()
    um.agir = lambda: Encontrado(SE, "um") if solto.wait(5) else falhar()
    threads = ocupar(verificador, 1, um)
    assert verificador.verificar("69060000") == Encontrado(SE, "um")
    solto.set()
    threads[0].join()


def test_a_call_given_up_keeps_its_place_until_it_ends() -> None:
    """Else a service that hangs for good would collect one thread per check."""
    solto = threading.Event()
    surdo = Servico("surdo", lambda: falhar("tarde") if solto.wait(30) else falhar())
    verificador = VerificadorCep([surdo], clock=time.monotonic, max_em_voo=2, budget_s=0.05)
    for _ in range(2):
        assert verificador.verificar("01001000") == CepIndisponivel(("surdo: sem resposta no tempo",))
    assert verificador.verificar("01001000") == CepIndisponivel(("serviço ocupado",))
    solto.set()
    assert esperar_ate(lambda: verificador.verificar("01001000") == CepIndisponivel(("surdo: tarde",)))


# Memory


def test_same_cep_twice_in_a_day_is_one_call(relogio: RelogioFalso) -> None:
    um = achar("um")
    verificador = VerificadorCep([um], clock=relogio)
    verificador.verificar("01001-000")
    relogio.avancar(24 * 3600 - 1)
    assert verificador.verificar("01001000") == Encontrado(SE, "um")
    relogio.avancar(1)
    verificador.verificar("01001000")
    assert um.ceps == ["01001000", "01001000"]


def test_unknown_is_remembered_for_ten_minutes(relogio: RelogioFalso) -> None:
    um = Servico("um", lambda: Desconhecido("um"))
    verificador = VerificadorCep([um], clock=relogio)
    verificador.verificar("99999999")
    relogio.avancar(599)
    verificador.verificar("99999999")
    assert len(um.ceps) == 1
    relogio.avancar(1)
    verificador.verificar("99999999")
    assert len(um.ceps) == 2


def test_failures_are_never_remembered(relogio: RelogioFalso) -> None:
    um = Servico("um", falhar)
    verificador = VerificadorCep([um], clock=relogio)
    assert isinstance(verificador.verificar("01001000"), CepIndisponivel)
    um.agir = lambda: Encontrado(SE, "um")
    assert verificador.verificar("01001000") == Encontrado(SE, "um")


# Breaker


def test_open_breaker_skips_the_service(relogio: RelogioFalso) -> None:
    um, dois = Servico("um", falhar), achar("dois")
    verificador = VerificadorCep([um, dois], clock=relogio, memoria=SEM_MEMORIA)
    for _ in range(8):
        assert verificador.verificar("01001000") == Encontrado(SE, "dois")
    assert len(um.ceps) == 5
    assert verificador.estado() == {
        "um": {"disjuntor": "aberto", "chamadas": 5, "falhas": 5, "recusadas": 3},
        "dois": {"disjuntor": "fechado", "chamadas": 8, "falhas": 0, "recusadas": 0},
    }


def test_both_breakers_open_answer_without_any_call(relogio: RelogioFalso) -> None:
    um, dois = Servico("um", falhar), Servico("dois", falhar)
    verificador = VerificadorCep([um, dois], clock=relogio, disjuntor=LimitesDisjuntor(falhas_seguidas=1))
    verificador.verificar("01001000")
    assert verificador.verificar("01001000") == CepIndisponivel(
        ("um: em pausa depois de falhas seguidas", "dois: em pausa depois de falhas seguidas")
    )
    assert (len(um.ceps), len(dois.ceps)) == (1, 1)


def test_probe_brings_the_service_back(relogio: RelogioFalso) -> None:
    um, dois = Servico("um", falhar), achar("dois")
    verificador = VerificadorCep([um, dois], clock=relogio, memoria=SEM_MEMORIA)
    for _ in range(5):
        verificador.verificar("01001000")
    um.agir = lambda: Encontrado(SE, "um")
    relogio.avancar(30)
    assert verificador.verificar("01001000") == Encontrado(SE, "um")
    assert verificador.estado()["um"]["disjuntor"] == "fechado"


def test_unknown_does_not_count_as_a_failure(relogio: RelogioFalso) -> None:
    um = Servico("um", lambda: Desconhecido("um"))
    verificador = VerificadorCep([um], clock=relogio, memoria=SEM_MEMORIA)
    for _ in range(30):
        verificador.verificar("99999999")
    assert verificador.estado()["um"] == {"disjuntor": "fechado", "chamadas": 30, "falhas": 0, "recusadas": 0}


def test_sixteen_threads_leave_places_and_counts_in_order() -> None:
    juntos = 0
    maximo = 0
    vez = 0
    lock = threading.Lock()

    def agir() -> RespostaServico:
        nonlocal juntos, maximo, vez
        with lock:
            juntos += 1
            vez += 1
            maximo = max(maximo, juntos)
            falha = vez % 3 == 0
        time.sleep(0.0005)
        with lock:
            juntos -= 1
        return falhar() if falha else Encontrado(SE, "um")

    um = Servico("um", agir)
    verificador = VerificadorCep(
        [um], clock=time.monotonic, memoria=SEM_MEMORIA, disjuntor=LimitesDisjuntor(proporcao=1.1)
    )
    with ThreadPoolExecutor(16) as pool:
        resultados = list(pool.map(lambda _: verificador.verificar("01001000"), range(800)))
    estado = verificador.estado()["um"]
    respondidos = [r for r in resultados if r != CepIndisponivel(("serviço ocupado",))]
    assert maximo <= 4
    assert estado["chamadas"] == vez == len(respondidos)
    assert estado["falhas"] == vez // 3 == sum(isinstance(r, CepIndisponivel) for r in respondidos)
    um.ceps.clear()
    solto = threading.Event()
    um.agir = lambda: Encontrado(SE, "um") if solto.wait(5) else falhar()
    threads = ocupar(verificador, 4, um)
    solto.set()
    for thread in threads:
        thread.join()
