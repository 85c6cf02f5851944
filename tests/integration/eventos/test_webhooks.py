"""Who asked for it is called, signed, in order, each attempt once, and given up after the last one (R28)."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.cli import main
from app.domain.assinatura import ESPERAS
from app.domain.eventos import TipoDeEvento
from app.services.acesso.credenciais import Caller
from app.services.eventos import assinaturas as servico
from app.services.eventos import entregar
from app.services.eventos.entregar import Entregador, entregar_tudo
from app.services.operacao.andamento import sempre
from app.servidor import agenda
from app.winthor import assinaturas
from app.winthor.assinaturas import Assinatura
from tests.support.builders import item, pre_venda
from tests.support.cep_servers import Pedido, ServidorLocal
from tests.support.gateway import Casa
from tests.support.panel import Atendente
from tests.support.servers import PREVENDA, ambiente, servidor

CHAVE, OUTRA = "k" * 16 + "0123456789abcdef" * 2, "z" * 16 + "fedcba9876543210" * 2
DA_CASA = Caller("cli:teste", None, frozenset({"retaguarda", "retaguarda-agir"}))
REDES = (ipaddress.ip_network("127.0.0.0/8"),)


class Destino(ServidorLocal):
    """Keeps what it is called with; answers what ``http`` says of how manieth call it is."""

    def __init__(self, http: Callable[[int], int] = lambda _n: 200) -> None:
        super().__init__(self._responder)
        self.http = http
        self.chamadas: list[tuple[dict[str, str], bytes]] = []
        self.chegou = threading.Semaphore(0)
        self._tranca = threading.Lock()

    def _responder(self, pedido: Pedido) -> None:
        corpo = pedido.rfile.read(int(pedido.headers.get("Content-Length") or 0))
        with self._tranca:
            self.chamadas.append(({nome.lower(): valor for nome, valor in pedido.headers.items()}, corpo))
            http = self.http(len(self.chamadas))
        pedido.send_response(http)
        pedido.send_header("Content-Length", "0")
        pedido.end_headers()
        self.chegou.release()

    @property
    def corpos(self) -> list[dict[str, Any]]:
        return [json.loads(corpo) for _, corpo in self.chamadas]

    @property
    def tipos(self) -> list[str]:
        return [corpo["type"].removeprefix("reserva.") for corpo in self.corpos]


@pytest.fixture
def casa(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> Iterator[Casa]:
    longa = casa.com(jwt_minutos=1_000_000, webhook_chave=CHAVE, webhook_redes=REDES)
    monkeypatch.setenv("PREVENDA_DATABASE_URL", casa.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("PREVENDA_WEBHOOK_CHAVE", CHAVE)
    monkeypatch.setenv("PREVENDA_WEBHOOK_REDES", "127.0.0.0/8")
    yield longa
    longa.close()


@pytest.fixture
def destino() -> Iterator[Destino]:
    with Destino() as aberto:
        yield aberto


def cli(*args: str) -> Result:
    return CliRunner().invoke(main, list(args))


def assinar(
    casa: Casa, destino: ServidorLocal, tipos: Any = None, filiais: frozenset[str] | None = None
) -> tuple[str, str]:
    feita = servico.criar(casa.gw, DA_CASA, f"{destino.url}/eventos", tipos=tipos, filiais=filiais)
    return feita.id, feita.segredo


def entrega(casa: Casa, dono: str = "um") -> entregar.EntregaDeEventos:
    return entregar_tudo(casa.gw, dono, sempre)


def guardada(casa: Casa, id_assinatura: str) -> Assinatura:
    with casa.gw.db.read() as connection:
        achada = assinaturas.find(connection, id_assinatura)
    assert achada is not None
    return achada


def aceita(segredo: str, chamada: tuple[dict[str, str], bytes], agora: dt.datetime) -> bool:
    """Whether the reference verifier, whose clock it is, accepts the call."""
    headers, corpo = chamada
    assert headers["webhook-timestamp"] == str(int(agora.timestamp()))
    quando = dt.datetime.fromtimestamp(int(headers["webhook-timestamp"]), dt.UTC)
    with pytest.MonkeyPatch.context() as relogio:
        relogio.setattr(Webhook, "_Webhook__verify_timestamp", lambda *_: quando)
        try:
            Webhook(segredo).verify(corpo.decode(), headers)
        except WebhookVerificationError:
            return False
    return True


# --- a call


def test_a_call_is_the_event_signed(casa: Casa, destino: Destino) -> None:
    id_assinatura, segredo = assinar(casa, destino)
    numped = casa.reservar(pre_venda())
    assert entrega(casa).entregues == 1
    (headers, corpo) = destino.chamadas[0]
    do_feed = casa.pedir("GET", "/api/v1/eventos").get_json()["itens"][0]
    assert json.loads(corpo) == {"type": "reserva.criada", "timestamp": do_feed["quando"], "data": do_feed}
    assert do_feed["idRetaguarda"] == numped
    assert headers["webhook-id"] == do_feed["id"]
    assert headers["content-type"] == "application/json"
    assert aceita(segredo, destino.chamadas[0], casa.relogio.agora)
    assert entrega(casa).entregues == 0
    assert guardada(casa, id_assinatura).cursor == 1


def test_only_what_was_asked_for_from_then_on(casa: Casa, destino: Destino) -> None:
    casa.reservar(pre_venda(numero="ANTES"))
    assinar(casa, destino, {TipoDeEvento.CANCELADA, TipoDeEvento.PAGA}, frozenset({"2"}))
    for loja in ("1", "2"):
        numped = casa.reservar(pre_venda(loja=loja))
        for situacao in (1, 0):
            casa.enviar(pre_venda(loja=loja, idRetaguarda=numped, situacaoPreVenda=situacao))
    entrega(casa)
    assert destino.tipos == ["paga", "cancelada"]
    assert {corpo["data"]["filial"] for corpo in destino.corpos} == {"2"}


# --- again and again, then not any more


def test_the_attempts_come_by_the_table_and_end(casa: Casa, destino: Destino) -> None:
    id_assinatura, _ = assinar(casa, destino)
    destino.http = lambda _n: 500
    casa.reservar(pre_venda())
    inicio = casa.relogio.agora
    esperadas = []
    soma = dt.timedelta()
    for espera in ESPERAS:
        soma += espera
        esperadas.append(soma)
    vistas = []
    for _ in range(200):
        antes = len(destino.chamadas)
        feita = entrega(casa)
        vistas += [casa.relogio.agora - inicio] * (len(destino.chamadas) - antes)
        if feita.desligadas:
            break
        falta = guardada(casa, id_assinatura).proxima.replace(tzinfo=dt.UTC) - casa.relogio.agora
        casa.relogio.andar(seconds=max(falta.total_seconds() - 1, 0))
        assert entrega(casa).falhas == 0  # not before its time
        casa.relogio.andar(seconds=1)
    assert vistas == esperadas
    assert feita.desligadas == [id_assinatura]
    assert len({headers["webhook-id"] for headers, _ in destino.chamadas}) == 1
    casa.relogio.andar(days=3)
    assert entrega(casa).falhas == 0
    assert b"prevenda_webhooks_off 1.0" in casa.pedir("GET", "/metrics", None).data
    pagina = Atendente(casa).ver("/painel/assinaturas")
    assert "foi desligada depois de 8 tentativas: HTTP 500" in pagina.texto
    primeira = Atendente(casa).ver("/painel/visao")
    assert "1 assinatura foi desligada" in primeira.texto
    assert primeira.elos.count("/painel/assinaturas") == 2  # in the head, and where it is told

    destino.http = lambda _n: 200
    servico.reenviar(casa.gw, DA_CASA, id_assinatura, None)
    assert entrega(casa).entregues == 1
    assert "desligada" not in Atendente(casa).ver("/painel/visao").texto


def test_the_order_is_kept_where_an_attempt_fails(casa: Casa, destino: Destino) -> None:
    assinar(casa, destino)
    destino.http = lambda n: 503 if n == 2 else 200
    numped = casa.reservar(pre_venda())
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=1))
    casa.enviar(pre_venda(idRetaguarda=numped, situacaoPreVenda=0))
    assert (entrega(casa).entregues, entrega(casa).entregues) == (1, 0)
    casa.relogio.andar(seconds=5)
    assert entrega(casa).entregues == 2
    assert destino.tipos == ["criada", "paga", "paga", "cancelada"]


def test_sent_again_from_a_cursor(casa: Casa, destino: Destino) -> None:
    id_assinatura, _ = assinar(casa, destino)
    for n in range(4):
        casa.reservar(pre_venda(numero=f"PV-{n}"))
    entrega(casa)
    assert servico.reenviar(casa.gw, DA_CASA, id_assinatura, 2) == 2
    entrega(casa)
    assert [corpo["data"]["numero"] for corpo in destino.corpos[4:]] == ["PV-2", "PV-3"]
    ids = [headers["webhook-id"] for headers, _ in destino.chamadas]
    assert ids[2:4] == ids[4:]  # who gets it twice knows it
    assert "entre 0 e 4" in cli("assinaturas", "reenviar", id_assinatura, "--desde", "5").output


# --- on any number of hosts


def test_each_attempt_once_on_any_number_of_hosts(casa: Casa, destino: Destino) -> None:
    assinar(casa, destino)
    for n in range(10):
        casa.reservar(pre_venda(numero=f"PV-{n}"))
    hosts = [casa.com() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        feitas = list(pool.map(lambda n: entrega(hosts[n], f"host-{n}"), range(4)))
    for host in hosts:
        host.close()
    assert sum(feita.entregues for feita in feitas) == 10
    assert [corpo["data"]["numero"] for corpo in destino.corpos] == [f"PV-{n}" for n in range(10)]


def test_a_host_that_died_keeps_it_for_a_minute(casa: Casa, destino: Destino) -> None:
    id_assinatura, _ = assinar(casa, destino)
    casa.reservar(pre_venda())
    agora = casa.relogio.agora.replace(tzinfo=None)
    casa.gw.db.run(lambda c: assinaturas.tomar(c, id_assinatura, "morto", agora, agora + entregar.NA_MAO))
    assert entrega(casa).entregues == 0
    casa.relogio.andar(seconds=60)
    assert entrega(casa).entregues == 1


def test_who_lost_it_notes_nothing(casa: Casa, destino: Destino) -> None:
    """A host that stood still while it called: by then another has it in hand, and its word counts."""
    id_assinatura, _ = assinar(casa, destino)
    casa.reservar(pre_venda())
    casa.reservar(pre_venda(numero="PV-2"))

    def perder(_n: int) -> int:
        casa.executar("UPDATE GW_ASSINATURA SET DONO = 'outro'")
        return 200

    destino.http = perder
    assert len(destino.chamadas) == 0
    entrega(casa)
    assert len(destino.chamadas) == 1
    assert guardada(casa, id_assinatura).cursor == 0


# --- secrets


def test_a_copy_of_the_database_does_not_sign(casa: Casa, destino: Destino) -> None:
    id_assinatura, segredo = assinar(casa, destino)
    assert segredo.removeprefix("whsec_") not in str(casa.fotografia())
    ladrao = casa.com(webhook_chave=OUTRA)
    casa.reservar(pre_venda())
    assert entrega(ladrao).entregues == 0
    assert destino.chamadas == []
    ladrao.close()
    assert segredo not in cli("assinaturas", "listar", "--json").output + cli("assinaturas", "listar").output
    assert id_assinatura in cli("assinaturas", "listar").output


def test_two_secrets_sign_for_a_day(casa: Casa, destino: Destino) -> None:
    id_assinatura, velho = assinar(casa, destino)
    novo = servico.girar(casa.gw, DA_CASA, id_assinatura).segredo
    for horas, ainda in ((0, True), (23, True), (1, False)):
        casa.relogio.andar(hours=horas)
        casa.reservar(pre_venda(numero=f"PV-{len(destino.chamadas)}"))
        entrega(casa)
        assert aceita(novo, destino.chamadas[-1], casa.relogio.agora)
        assert aceita(velho, destino.chamadas[-1], casa.relogio.agora) is ainda, horas


def test_the_key_can_be_changed(casa: Casa, destino: Destino) -> None:
    _, segredo = assinar(casa, destino)
    nova = casa.com(webhook_chave=OUTRA, webhook_chave_anterior=CHAVE)
    casa.reservar(pre_venda())
    assert entrega(nova).entregues == 1
    assert aceita(segredo, destino.chamadas[0], casa.relogio.agora)
    nova.close()


def test_without_a_key_nobody_is_subscribed(casa: Casa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREVENDA_WEBHOOK_CHAVE")
    feita = cli("assinaturas", "criar", "https://127.0.0.1/x", "--json")
    assert feita.exit_code == 2
    assert "PREVENDA_WEBHOOK_CHAVE" in feita.output


# --- where it may lead


@pytest.mark.um_banco
@pytest.mark.parametrize(
    ("url", "por_que"),
    [
        ("https://10.0.0.1/x", "rede privada"),
        ("https://[::1]/x", "rede privada"),
        ("http://192.0.2.1/x", "http só onde"),
        ("ftp://x", "https://servidor"),
        ("https://a:b@127.0.0.1/", "usuário"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_when_it_is_given(casa: Casa, url: str, por_que: str) -> None:
    feita = cli("assinaturas", "criar", url)
    assert (feita.exit_code, por_que in feita.output) == (1, True), feita.output
    assert casa.tabela("GW_ASSINATURA") == []


def test_each_call_judges_it_again(casa: Casa, destino: Destino) -> None:
    id_assinatura, _ = assinar(casa, destino)
    casa.reservar(pre_venda())
    fechada = casa.com(webhook_redes=())
    assert entrega(fechada).falhas == 1
    assert destino.chamadas == []
    assert "http só onde" in (guardada(casa, id_assinatura).resultado or "")
    fechada.close()


def test_a_rehearsal_writes_nothing(casa: Casa, destino: Destino) -> None:
    feita = cli("assinaturas", "criar", destino.url, "--simular", "--json")
    assert json.loads(feita.output) == {"simulado": True, "id": None, "segredo": ""}
    assert casa.tabela("GW_ASSINATURA") == []


def test_the_commands_say_what_they_did(casa: Casa, destino: Destino) -> None:
    criada = cli("assinaturas", "criar", destino.url, "--tipos", "paga,reserva.cancelada", "--filiais", "2,1", "--json")
    dados = json.loads(criada.output)
    assert (criada.exit_code, dados["simulado"], dados["segredo"][:6]) == (0, False, "whsec_")
    (uma,) = json.loads(cli("assinaturas", "listar", "--json").output)["itens"]
    assert uma["id"] == dados["id"]
    assert (uma["tipos"], uma["filiais"]) == (["reserva.cancelada", "reserva.paga"], ["1", "2"])
    assert (uma["estado"], uma["cursor"], uma["tentativas"], uma["resultado"]) == ("ATIVA", 0, 0, None)
    girada = json.loads(cli("assinaturas", "girar", dados["id"], "--json").output)
    assert girada["segredo"] != dados["segredo"]
    reenviada = cli("assinaturas", "reenviar", dados["id"], "--desde", "0", "--json")
    assert json.loads(reenviada.output) == {"simulado": False, "id": dados["id"], "cursor": 0}
    assert json.loads(cli("eventos", "entregar", "--json").output) == {"entregues": 0, "falhas": 0, "desligadas": []}
    assert cli("assinaturas", "revogar", dados["id"]).exit_code == 0
    for verbo in ("girar", "revogar", "reenviar"):
        feita = cli("assinaturas", verbo, dados["id"])
        assert (feita.exit_code, "Não há assinatura" in feita.output) == (1, True), verbo
    assert casa.linha("GW_ASSINATURA")["ESTADO"] == "REVOGADA"


# --- the panel


def test_the_panel_makes_tests_and_ends_one(casa: Casa, destino: Destino) -> None:
    clerk = Atendente(casa)
    pagina = clerk.ver("/painel/assinaturas")
    criada = clerk.enviar(pagina.formulario("/painel/assinaturas"), url=destino.url, filiais="1")
    assert criada.status_code == 200
    segredo = "whsec_" + criada.get_data(as_text=True).partition("whsec_")[2].partition("<")[0]
    (linha,) = casa.tabela("GW_ASSINATURA")
    assert (linha["FILIAIS"], linha["TIPOS"], linha["CALLER"]) == ("1", "*", "retaguarda")
    casa.reservar(pre_venda())
    entrega(casa)
    assert aceita(segredo, destino.chamadas[0], casa.relogio.agora)

    pagina = clerk.ver("/painel/assinaturas")
    assert segredo not in pagina.texto
    testada = clerk.enviar(pagina.formulario(f"/painel/assinaturas/{linha['ID']}/testar"))
    assert "HTTP 200" in testada.get_data(as_text=True)
    assert destino.corpos[-1]["type"] == "teste"
    assert aceita(segredo, destino.chamadas[-1], casa.relogio.agora)
    assert guardada(casa, linha["ID"]).cursor == 1
    clerk.enviar(pagina.formulario(f"/painel/assinaturas/{linha['ID']}/revogar"))
    assert casa.linha("GW_ASSINATURA")["ESTADO"] == "REVOGADA"
    casa.reservar(pre_venda(numero="PV-2"))
    assert entrega(casa).entregues == 0


def test_the_panel_says_what_is_wrong(casa: Casa) -> None:
    clerk = Atendente(casa)
    formulario = clerk.ver("/painel/assinaturas").formulario("/painel/assinaturas")
    recusada = clerk.enviar(formulario, url="https://10.0.0.1/", filiais="1,77")
    assert recusada.status_code == 422
    texto = recusada.get_data(as_text=True)
    assert "rede privada" in texto
    assert "A filial 77 não existe" in texto


# --- by itself


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_serve_calls_within_seconds(casa: Casa, destino: Destino, tmp_path: Path) -> None:
    id_assinatura, segredo = assinar(casa, destino)
    url = casa.engine.url.render_as_string(hide_password=False)
    with servidor(tmp_path, url, webhook_chave=CHAVE, webhook_redes="127.0.0.0/8") as servindo:
        assert servindo.enviar(pre_venda(), servindo.entrar())[0] == 201
        assert destino.chegou.acquire(timeout=8)
    (headers, corpo) = destino.chamadas[0]
    Webhook(segredo).verify(corpo.decode(), headers)
    assert json.loads(corpo)["data"]["numero"] == "PV-1"
    assert id_assinatura


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_serve_does_not_start_without_the_key_where_somebody_is_to_be_called(
    casa: Casa, destino: Destino, tmp_path: Path
) -> None:
    assinar(casa, destino)
    env = ambiente({"database_url": casa.engine.url.render_as_string(hide_password=False), "port": 0})
    feito = subprocess.run(
        [*PREVENDA, "serve"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert feito.returncode == 2
    assert "PREVENDA_WEBHOOK_CHAVE" in feito.stderr


def test_one_that_hangs_keeps_no_other_waiting(casa: Casa, destino: Destino, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is called in a thread of its own; a call holds no connection."""
    preso = threading.Event()

    def calar(pedido: Pedido) -> None:
        preso.set()
        pedido.server.dono.parando.wait(8)  # type: ignore[attr-defined]

    with ServidorLocal(calar) as calado:
        assinar(casa, calado)
        assinar(casa, destino)
        casa.reservar(pre_venda())
        entregador = Entregador(casa.gw, "um")
        presa, outra = entregador.devidas()
        thread = threading.Thread(target=entregador.entregar, args=(presa, sempre))
        thread.start()
        assert preso.wait(5)
        assert casa.gw.db.ocupacao()[0] == 0
        assert entregador.entregar(outra, sempre).entregues == 1
        casa.reservar(pre_venda(numero="PV-2"))
        calado.parando.set()
        thread.join(15)


def test_many_that_answer_slowly_leave_the_others_their_turn(
    casa: Casa, destino: Destino, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They answer well, so that nothing makes them wait: only the turn ends."""
    monkeypatch.setattr(agenda, "AO_MESMO_TEMPO", 1)
    monkeypatch.setattr(agenda, "ENTREGA_A_CADA_S", 0.05)
    monkeypatch.setattr(agenda, "VEZ_S", 0.4)

    def devagar(n: int) -> int:
        time.sleep(0.2)
        return 200

    with Destino(devagar) as lento:
        assinar(casa, lento)
        assinar(casa, destino)
        for n in range(30):
            casa.reservar(pre_venda(item(quantidade=1), numero=f"PV-{n}"))
        fim = threading.Event()
        thread = threading.Thread(target=agenda._entregar, args=(casa.gw, fim))
        thread.start()
        assert destino.chegou.acquire(timeout=20)
        no_lento = len(lento.chamadas)
        fim.set()
        thread.join(20)
    assert no_lento < 15, no_lento


def test_there_are_so_many_at_the_most(casa: Casa, destino: Destino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servico, "ASSINATURAS_MAXIMAS", 2)
    primeira, _ = assinar(casa, destino)
    assinar(casa, destino)
    with pytest.raises(servico.AssinaturaRecusada, match="Já há 2 assinaturas"):
        assinar(casa, destino)
    servico.revogar(casa.gw, DA_CASA, primeira)
    assinar(casa, destino)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_one_person_at_a_time_waits_for_a_stranger_s_host(casa: Casa, destino: Destino) -> None:
    """Or two would hold all the threads of the back office."""
    preso = threading.Event()

    def calar(pedido: Pedido) -> None:
        preso.set()
        pedido.server.dono.parando.wait(8)  # type: ignore[attr-defined]

    with ServidorLocal(calar) as calado:
        id_assinatura, _ = assinar(casa, calado)
        entregador = Entregador(casa.gw, "um")
        thread = threading.Thread(target=entregador.testar, args=(DA_CASA, id_assinatura))
        thread.start()
        assert preso.wait(5)
        with pytest.raises(servico.AssinaturaRecusada, match="sendo consultado"):
            entregador.testar(DA_CASA, id_assinatura)
        with pytest.raises(servico.AssinaturaRecusada, match="sendo consultado"):
            assinar(casa, destino)
        calado.parando.set()
        thread.join(15)
    assert entregador.testar(DA_CASA, assinar(casa, destino)[0]).feita
