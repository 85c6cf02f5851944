"""CEP checks against real local servers that answer well, badly, slowly or not (R8, R-31…R-36, OWASP API7, API10).

Every test of a misbehaviour states the answer and how long it may take. Elapsed times are bounds for a busy
machine; the budgets themselves are 1.5 s per service and 2.5 s in all.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.cep.byjg import ByJg
from app.cep.transporte import ClienteHttp
from app.cep.verificador import VerificadorCep
from app.cep.viacep import ViaCep
from app.domain.endereco import CepIndisponivel, Desconhecido, Encontrado, Malformado, ResultadoCep
from tests.support.cep_servers import (
    CEP_DESCONHECIDO,
    CIDADE_PEQUENA,
    MANAUS,
    PAULISTA,
    SE,
    Comportamento,
    CorpoEnorme,
    Cronometro,
    Pedido,
    ServidorLocal,
    byjg,
    cortar,
    cortar_no_meio,
    demorar,
    endereco_sem_servidor,
    esperar_ate,
    json_viacep,
    pagina_html,
    pendurar,
    pingar_cabecalho,
    pingar_corpo,
    pingar_corpo_sem_tamanho,
    redirecionar,
    resposta,
    surdo,
    threads_de_cep,
    viacep,
)

FOLGA_S = 0.9  # what a busy machine may add; less than the time-out of one more service
RAPIDO_S = 1.2  # less than any time-out that is not to be waited for


@pytest.fixture(autouse=True)
def no_call_outlives_its_test() -> Iterator[None]:
    yield
    assert esperar_ate(lambda: not threads_de_cep())


@pytest.fixture
def bom_viacep() -> Iterator[ServidorLocal]:
    with ServidorLocal(viacep()) as servidor:
        yield servidor


@pytest.fixture
def bom_byjg() -> Iterator[ServidorLocal]:
    with ServidorLocal(byjg()) as servidor:
        yield servidor


def verificador(url_viacep: str, url_byjg: str, **limites: float) -> VerificadorCep:
    return VerificadorCep([ViaCep(url_viacep), ByJg(url_byjg)], clock=time.monotonic, **limites)  # type: ignore[arg-type]


@contextmanager
def viacep_que(comportamento: Comportamento) -> Iterator[tuple[ServidorLocal, VerificadorCep]]:
    """A ViaCEP of that behaviour beside a ByJG that is well."""
    with ServidorLocal(comportamento) as ruim, ServidorLocal(byjg()) as bom:
        yield ruim, verificador(ruim.url, bom.url)


# The services when they are well


def test_viacep_answers(bom_viacep: ServidorLocal, bom_byjg: ServidorLocal) -> None:
    with Cronometro() as tempo:
        resultado = verificador(bom_viacep.url, bom_byjg.url).verificar("01001-000")
    assert resultado == Encontrado(SE, "viacep")
    assert bom_viacep.pedidos == ["/ws/01001000/json/"]
    assert bom_byjg.pedidos == []
    assert tempo.segundos < RAPIDO_S


@pytest.mark.parametrize("sufixo", ["", "/", "/ws", "/ws/"])
def test_base_address_of_viacep_with_and_without_its_path(bom_viacep: ServidorLocal, sufixo: str) -> None:
    servico = VerificadorCep([ViaCep(bom_viacep.url + sufixo)], clock=time.monotonic)
    assert servico.verificar(PAULISTA.cep) == Encontrado(PAULISTA, "viacep")


@pytest.mark.parametrize("erro", [True, "true"])
def test_unknown_cep_at_viacep_is_an_answer(bom_byjg: ServidorLocal, erro: object) -> None:
    with ServidorLocal(viacep(erro=erro)) as servidor:
        resultado = verificador(servidor.url, bom_byjg.url).verificar(CEP_DESCONHECIDO)
    assert resultado == Desconhecido("viacep")
    assert bom_byjg.pedidos == []


def test_malformed_cep_at_viacep_is_an_answer(bom_byjg: ServidorLocal) -> None:
    with ServidorLocal(resposta(400, b"<h3>Verifique a URL</h3>", "text/html")) as servidor:
        assert verificador(servidor.url, bom_byjg.url).verificar(SE.cep) == Malformado()
    assert bom_byjg.pedidos == []


@pytest.mark.parametrize(
    "cep", ["../../x", "01001000@evil", "01001000#", "01001000\n", "０１００１０００", "0100100", ""]
)
def test_text_that_is_no_cep_makes_no_call(bom_viacep: ServidorLocal, bom_byjg: ServidorLocal, cep: str) -> None:
    assert verificador(bom_viacep.url, bom_byjg.url).verificar(cep) == Malformado()
    assert bom_viacep.pedidos == bom_byjg.pedidos == []


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
@pytest.mark.parametrize("login", [None, ("loja", "s&gr=do %")])
def test_byjg_with_and_without_login(login: tuple[str, str] | None, charset: str) -> None:
    usuario, senha = login or (None, None)
    with ServidorLocal(byjg(login=login, charset=charset)) as servidor:
        cliente = ByJg(servidor.url, usuario=usuario, senha=senha)
        servico = VerificadorCep([cliente], clock=time.monotonic)
        assert servico.verificar(MANAUS.cep) == Encontrado(MANAUS, "byjg")
        assert servico.verificar(CIDADE_PEQUENA.cep) == Encontrado(CIDADE_PEQUENA, "byjg")
        assert servico.verificar(CEP_DESCONHECIDO) == Desconhecido("byjg")
        caminho = "/site/webservice.php/ws/cep?" if login else "/ws/cep?"
        assert all(pedido.startswith(caminho) for pedido in servidor.pedidos)


def test_byjg_that_calls_the_cep_malformed() -> None:
    linha = "ERRO|CEP não está no formato 00000-000 ou 00000000".encode()
    with ServidorLocal(resposta(200, linha)) as servidor:
        servico = VerificadorCep([ByJg(servidor.url)], clock=time.monotonic)
        assert servico.verificar(SE.cep) == Malformado()


def test_byjg_login_refused_is_a_failure_and_shows_no_password(caplog: pytest.LogCaptureFixture) -> None:
    with ServidorLocal(byjg(login=("loja", "certa"))) as servidor, caplog.at_level(logging.DEBUG):
        servico = VerificadorCep([ByJg(servidor.url, usuario="loja", senha="errada")], clock=time.monotonic)
        assert servico.verificar(SE.cep) == CepIndisponivel(("byjg: usuário ou senha recusados",))
    assert "usuário ou senha recusados" in caplog.text
    assert "errada" not in caplog.text
    assert SE.cep not in caplog.text


def test_unparsable_headers_bring_no_password_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def responder(pedido: Pedido) -> None:
        pedido.wfile.write(b"HTTP/1.1 200 OK\r\nsem dois pontos\r\nX: y\r\n\r\nERRO|Cep 01001000 n\xe3o encontrado")

    with ServidorLocal(responder) as servidor, caplog.at_level(logging.DEBUG):
        servico = VerificadorCep([ByJg(servidor.url, usuario="loja", senha="segredo")], clock=time.monotonic)
        servico.verificar(SE.cep)
        assert len(servidor.pedidos) == 1
    assert "segredo" not in caplog.text


# ViaCEP misbehaves: ByJG answers


@pytest.mark.parametrize(
    ("comportamento", "motivo"),
    [
        (resposta(429, Retry_After="60"), "limite de consultas atingido (HTTP 429)"),
        (resposta(500), "resposta HTTP 500"),
        (resposta(503, b"<html></html>", "text/html"), "resposta HTTP 503"),
        (pagina_html, "resposta que não é JSON"),
        (resposta(200, b"", "application/json"), "resposta que não é JSON"),
        (resposta(200, json_viacep(PAULISTA), "application/json"), "resposta de outro CEP"),
        (resposta(200, json_viacep(SE, localidade="<script>"), "application/json"), "caracteres recusados na resposta"),
        (resposta(200, json_viacep(SE, localidade="x" * 5000), "application/json"), "endereço incompleto na resposta"),
        (resposta(200, b"\x1f\x8b", Content_Encoding="gzip"), "resposta comprimida sem ter sido pedida"),
        (cortar, "conexão recusada ou interrompida"),
        (cortar_no_meio, "resposta interrompida"),
    ],
)
def test_failure_at_once_costs_no_time_and_the_second_service_answers(
    comportamento: Comportamento, motivo: str, caplog: pytest.LogCaptureFixture
) -> None:
    with viacep_que(comportamento) as (_, servico), Cronometro() as tempo:
        resultado = servico.verificar(SE.cep)
    assert resultado == Encontrado(SE, "byjg")
    assert [registro.getMessage() for registro in caplog.records] == [f"Serviço de CEP viacep falhou: {motivo}"]
    assert servico.estado()["viacep"]["falhas"] == 1
    assert tempo.segundos < RAPIDO_S


def test_nobody_listens(bom_byjg: ServidorLocal) -> None:
    with Cronometro() as tempo:
        resultado = verificador(endereco_sem_servidor(), bom_byjg.url).verificar(SE.cep)
    assert resultado == Encontrado(SE, "byjg")
    assert tempo.segundos < RAPIDO_S


@pytest.mark.parametrize("anunciar", [True, False])
def test_body_of_ten_megabytes_is_cut_off(anunciar: bool) -> None:
    enorme = CorpoEnorme(anunciar=anunciar)
    with viacep_que(enorme) as (_, servico), Cronometro() as tempo:
        assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")
        assert enorme.terminou.wait(2)
    assert enorme.enviados < 2_000_000  # what fits into the buffers of the two sockets, not 10 MB
    assert tempo.segundos < RAPIDO_S


def test_good_answer_of_just_under_64_kib_is_read() -> None:
    corpo = json_viacep(SE)
    with viacep_que(resposta(200, corpo + b" " * (65536 - len(corpo)))) as (_, servico):
        assert servico.verificar(SE.cep) == Encontrado(SE, "viacep")


def test_good_answer_over_64_kib_is_a_failure() -> None:
    corpo = json_viacep(SE)
    with viacep_que(resposta(200, corpo + b" " * (65537 - len(corpo)))) as (_, servico):
        assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")


@pytest.mark.parametrize("caminho", ["/ws/01001000/json/", "/latest/meta-data/"])
def test_redirect_to_a_private_address_is_not_followed(bom_viacep: ServidorLocal, caminho: str) -> None:
    with viacep_que(redirecionar(bom_viacep.url + caminho)) as (_, servico), Cronometro() as tempo:
        assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")
    assert bom_viacep.pedidos == []
    assert tempo.segundos < RAPIDO_S


def test_body_of_a_redirect_is_not_even_read() -> None:
    enorme = CorpoEnorme(302, Location="http://127.0.0.1:9/")
    with viacep_que(enorme) as (_, servico), Cronometro() as tempo:
        assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")
        assert enorme.terminou.wait(2)
    assert enorme.enviados < 2_000_000
    assert tempo.segundos < RAPIDO_S


def test_hanging_service_gets_its_share_and_the_second_one_answers() -> None:
    with viacep_que(pendurar) as (_, servico), Cronometro() as tempo:
        assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")
    assert 1.4 < tempo.segundos < 1.5 + FOLGA_S


@pytest.mark.parametrize("comportamento", [pingar_corpo, pingar_corpo_sem_tamanho, pingar_cabecalho])
def test_byte_per_100_ms_does_not_prolong_the_share(comportamento: Comportamento) -> None:
    """The call's own thread ends as well: its connection is cut, not forgotten."""
    with ServidorLocal(comportamento) as ruim, ServidorLocal(byjg()) as bom, Cronometro() as tempo:
        assert verificador(ruim.url, bom.url, tentativa_s=0.6).verificar(SE.cep) == Encontrado(SE, "byjg")
        assert esperar_ate(lambda: not threads_de_cep(), 0.3)
    assert 0.5 < tempo.segundos < 0.6 + FOLGA_S


def test_address_that_takes_no_connection_costs_one_second(bom_byjg: ServidorLocal) -> None:
    with surdo() as url, Cronometro() as tempo:
        resultado = verificador(url, bom_byjg.url).verificar(SE.cep)
    assert resultado == Encontrado(SE, "byjg")
    assert 0.9 < tempo.segundos < 1.0 + FOLGA_S


def test_unknown_server_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def gaierror(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", gaierror)
    resultado = VerificadorCep([ViaCep("https://cep.invalid")], clock=time.monotonic).verificar(SE.cep)
    assert resultado == CepIndisponivel(("viacep: nome do servidor não encontrado (DNS)",))


def test_silent_name_server_does_not_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    solto = threading.Event()

    def silent(*args: object, **kwargs: object) -> None:
        solto.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    servico = VerificadorCep([ViaCep("https://cep.invalid")], clock=time.monotonic, tentativa_s=0.3)
    with Cronometro() as tempo:
        assert servico.verificar(SE.cep) == CepIndisponivel(("viacep: sem resposta no tempo",))
    solto.set()
    assert tempo.segundos < 0.3 + FOLGA_S


def test_slow_but_in_time_is_an_answer() -> None:
    with viacep_que(demorar(0.8, viacep())) as (_, servico):
        assert servico.verificar(SE.cep) == Encontrado(SE, "viacep")


# Both misbehave


def test_both_slow_end_within_the_budget() -> None:
    with ServidorLocal(pingar_corpo) as um, ServidorLocal(pingar_cabecalho) as dois, Cronometro() as tempo:
        resultado = verificador(um.url, dois.url).verificar(SE.cep)
    assert resultado == CepIndisponivel(("viacep: sem resposta no tempo", "byjg: sem resposta no tempo"))
    assert 2.4 < tempo.segundos < 2.5 + FOLGA_S


def test_both_down_say_why() -> None:
    with ServidorLocal(resposta(503)) as um, ServidorLocal(pagina_html) as dois, Cronometro() as tempo:
        resultado = verificador(um.url, dois.url).verificar(SE.cep)
    assert resultado == CepIndisponivel(
        ("viacep: resposta HTTP 503", "byjg: resposta que não é o texto esperado"),
    )
    assert tempo.segundos < RAPIDO_S


def test_recovery_is_seen_at_once_because_failures_are_not_remembered(bom_viacep: ServidorLocal) -> None:
    bom_viacep.comportamento = resposta(503)
    servico = verificador(bom_viacep.url, endereco_sem_servidor())
    assert isinstance(servico.verificar(SE.cep), CepIndisponivel)
    bom_viacep.comportamento = viacep()
    assert servico.verificar(SE.cep) == Encontrado(SE, "viacep")
    assert servico.verificar("01001-000") == Encontrado(SE, "viacep")
    assert len(bom_viacep.pedidos) == 2


def test_open_breaker_answers_fast_and_leaves_the_service_alone(bom_byjg: ServidorLocal) -> None:
    with ServidorLocal(pendurar) as ruim:
        servico = verificador(ruim.url, bom_byjg.url, tentativa_s=0.1)
        for i in range(5):
            servico.verificar(f"0100200{i}")
        chamadas = len(ruim.pedidos)
        with Cronometro() as tempo:
            assert servico.verificar(SE.cep) == Encontrado(SE, "byjg")
        assert chamadas == len(ruim.pedidos) == 5
    assert tempo.segundos < RAPIDO_S
    assert servico.estado()["viacep"]["disjuntor"] == "aberto"


def test_sixteen_at_once_on_a_hanging_service_hold_four_workers() -> None:
    with ServidorLocal(pendurar) as um, ServidorLocal(pendurar) as dois:
        servico = verificador(um.url, dois.url, tentativa_s=0.4, budget_s=0.8)
        tempos: list[float] = []

        def verificar(i: int) -> ResultadoCep:
            with Cronometro() as tempo:
                resultado = servico.verificar(f"010020{i:02}")
            tempos.append(tempo.segundos)
            return resultado

        with ThreadPoolExecutor(16) as pool:
            resultados = list(pool.map(verificar, range(16)))
        assert len(um.pedidos) == 4
    ocupados = [r for r in resultados if r == CepIndisponivel(("serviço ocupado",))]
    assert len(ocupados) == 12
    assert sorted(tempos)[11] < 0.3
    assert max(tempos) < 0.8 + FOLGA_S


# Proxies, TLS, connections


@pytest.mark.parametrize(("do_ambiente", "pelo_proxy"), [(False, 0), (True, 1)])
def test_proxy_of_the_environment_counts_only_by_setting(
    bom_viacep: ServidorLocal, monkeypatch: pytest.MonkeyPatch, do_ambiente: bool, pelo_proxy: int
) -> None:
    for nome in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(nome, raising=False)
    with ServidorLocal(resposta(200, json_viacep(SE), "application/json")) as proxy:
        for nome in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(nome, proxy.url)
        cliente = ViaCep(bom_viacep.url, http=ClienteHttp(proxy_do_ambiente=do_ambiente))
        resultado = VerificadorCep([cliente], clock=time.monotonic).verificar(SE.cep)
        assert len(proxy.pedidos) == pelo_proxy
    assert resultado == Encontrado(SE, "viacep")
    assert len(bom_viacep.pedidos) == 1 - pelo_proxy


@pytest.fixture(scope="module")
def certificado(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    nome = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    hoje = dt.datetime.now(dt.UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(nome)
        .issuer_name(nome)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(hoje - dt.timedelta(days=1))
        .not_valid_after(hoje + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "servidor.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + cert.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def viacep_em_tls(comportamento: Comportamento, certificado: Path) -> Iterator[str]:
    contexto = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexto.load_cert_chain(certificado)
    with ServidorLocal(comportamento, tls=contexto) as servidor:
        yield servidor.url


def test_unknown_certificate_is_refused(certificado: Path) -> None:
    with viacep_em_tls(viacep(), certificado) as url:
        resultado = VerificadorCep([ViaCep(url)], clock=time.monotonic).verificar(SE.cep)
    assert resultado == CepIndisponivel(("viacep: certificado recusado",))


@pytest.mark.parametrize(
    ("comportamento", "esperado"),
    [
        (viacep(), Encontrado(SE, "viacep")),
        (pingar_cabecalho, CepIndisponivel(("viacep: sem resposta no tempo",))),
        (pingar_corpo_sem_tamanho, CepIndisponivel(("viacep: sem resposta no tempo",))),
    ],
)
def test_deadline_holds_inside_tls(
    certificado: Path, monkeypatch: pytest.MonkeyPatch, comportamento: Comportamento, esperado: ResultadoCep
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificado))
    with viacep_em_tls(comportamento, certificado) as url, Cronometro() as tempo:
        cliente = ViaCep(url, http=ClienteHttp(proxy_do_ambiente=True))
        servico = VerificadorCep([cliente], clock=time.monotonic, tentativa_s=0.5)
        assert servico.verificar(SE.cep) == esperado
        assert esperar_ate(lambda: not threads_de_cep(), 0.3)
    assert tempo.segundos < 0.5 + FOLGA_S


def test_hundred_checks_leave_no_socket_and_no_thread_behind(open_sockets: Callable[[], int]) -> None:
    comportamentos = [viacep(), resposta(503), cortar, cortar_no_meio, pagina_html, pendurar]
    with ServidorLocal(viacep()) as um, ServidorLocal(byjg()) as dois:
        servico = verificador(um.url, dois.url, tentativa_s=0.05, budget_s=0.3)
        servico.verificar(SE.cep)
        threads, sockets = threading.active_count(), open_sockets()
        for i in range(100):
            um.comportamento = comportamentos[i % len(comportamentos)]
            servico.verificar(f"010030{i:02}")
        um.parando.set()
        assert esperar_ate(lambda: threading.active_count() <= threads)
        assert esperar_ate(lambda: open_sockets() <= sockets)


@pytest.fixture
def open_sockets() -> Callable[[], int]:
    """How many sockets this process holds; only where the system tells."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("needs /proc")

    def count() -> int:
        total = 0
        for entry in folder.iterdir():
            try:
                total += str(entry.readlink()).startswith("socket:")
            except OSError:
                continue
        return total

    return count
