"""What was refused before it became a row of the log is counted by hour, login and code (spec §4.4)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from app.services.consulta import recusas_sem_registro
from app.services.operacao.recuperacao import limpar
from app.winthor.db.faults import Falha
from tests.integration.porta.conftest import Porta
from tests.support.builders import item, pre_venda
from tests.support.gateway import LOGIN, ROTA, Casa
from tests.support.panel import Atendente

ROTA_DAS_RECUSAS = "/api/v1/recusas-sem-registro"
CPF = "529.982.247-25"


def contadas(casa: Casa, login: str = "retaguarda", **query: str) -> list[tuple[str, str | None, str, int]]:
    answer = casa.pedir("GET", ROTA_DAS_RECUSAS, login, query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [(i["hora"], i["caller"], i["codigo"], i["vezes"]) for i in answer.get_json()["itens"]]


HORA = "2026-03-02T09:00:00"


def test_each_kind_is_counted_under_whoever_was_known(casa: Casa) -> None:
    casa.token("pdv1")
    texto = {"content_type": "text/plain"}
    casa.pedir("POST", ROTA, None, json=pre_venda())  # 401
    casa.pedir("POST", ROTA, None, json=pre_venda(), headers={"Authorization": "Bearer lixo"})  # 401
    casa.enviar(pre_venda(loja="2"), "pdv1")  # 403
    casa.enviar(pre_venda(loja="2"), "pdv1")
    casa.pedir("GET", "/api/v1/log", "pdv1")  # 403
    casa.pedir("POST", ROTA, "pdv1", data=b"{}", **texto)  # 415
    casa.pedir("POST", ROTA, "pdv1", data=b'{"a": 1,5}', content_type="application/json")  # 400
    casa.pedir("POST", ROTA, "pdv1", data=b" " * 2_000_000, content_type="application/json")  # 413
    casa.app.test_client().post(LOGIN, json={"login": CPF, "senha": "x"})  # 401
    assert contadas(casa) == [
        (HORA, None, "NAO_AUTENTICADO", 3),
        (HORA, "pdv1", "CORPO_GRANDE", 1),
        (HORA, "pdv1", "ESCOPO_INSUFICIENTE", 1),
        (HORA, "pdv1", "FILIAL_NAO_AUTORIZADA", 2),
        (HORA, "pdv1", "JSON_INVALIDO", 1),
        (HORA, "pdv1", "TIPO_NAO_SUPORTADO", 1),
    ]
    assert CPF not in str(casa.tabela("GW_RECUSA"))
    assert casa.contar("PCLOGPEDIDOAPI") == 0


def test_what_left_a_row_or_was_accepted_is_not_there(casa: Casa) -> None:
    com_cota = casa.com(max_unidades_abertas=1)
    assert casa.enviar(pre_venda(item(quantidade=5000), numero="PV-1")).status_code == 409
    assert casa.enviar(pre_venda(situacaoPreVenda=9, numero="PV-2")).status_code == 422
    assert com_cota.enviar(pre_venda(item(quantidade=2), numero="PV-3")).status_code == 429  # leaves its row (R15)
    assert casa.pedir("GET", "/nada").status_code == 404
    casa.reservar(pre_venda())
    assert contadas(casa) == contadas(com_cota) == []
    com_cota.close()


def test_a_token_that_has_expired_still_says_whose_till_it_is(casa: Casa) -> None:
    casa.token("pdv1")
    casa.relogio.andar(hours=3)
    casa.enviar(pre_venda(), "pdv1")
    casa._tokens.clear()
    assert contadas(casa) == [("2026-03-02T12:00:00", "pdv1", "NAO_AUTENTICADO", 1)]


def test_hours_are_the_erp_s_newest_first_and_the_span_is_asked_for(casa: Casa) -> None:
    casa.relogio.agora = dt.datetime(2026, 3, 2, 2, 59, tzinfo=dt.UTC)  # 23:59 of the first of March in São Paulo
    for _ in range(3):
        casa.pedir("POST", ROTA, None, json={})
        casa.relogio.andar(minutes=31)
    casa._tokens.clear()
    todas = contadas(casa)
    assert [(hora, vezes) for hora, _, _, vezes in todas] == [
        ("2026-03-02T01:00:00", 1),
        ("2026-03-02T00:00:00", 1),
        ("2026-03-01T23:00:00", 1),
    ]
    assert contadas(casa, de="2026-03-02T00:30", ate="2026-03-02T00:40") == todas[1:2]
    assert contadas(casa, de="2026-03-02T03:30:00+00:00") == todas[:2]
    assert contadas(casa, ate="2026-03-01T23:10") == todas[2:]
    casa.relogio.andar(days=8)
    casa._tokens.clear()
    assert contadas(casa) == []
    assert casa.pedir("GET", f"{ROTA_DAS_RECUSAS}?de=ontem", "retaguarda").status_code == 422


def test_a_clerk_of_some_branches_sees_their_logins_only(porta: Porta) -> None:
    porta.pedir("POST", ROTA, None, json={})
    for login in ("pdv1", "pdv2", "hub"):
        porta.pedir("POST", ROTA, login, data=b"", content_type="text/plain")
    assert {caller for _, caller, _, _ in contadas(porta, "leitura1")} == {"pdv1"}
    assert {caller for _, caller, _, _ in contadas(porta, "chefe")} == {None, "pdv1", "pdv2", "hub"}
    assert porta.pedir("GET", ROTA_DAS_RECUSAS, "pdv1").status_code == 403


def test_the_counts_of_several_processes_are_added_up(casa: Casa) -> None:
    outra = casa.com()
    for uma in (casa, outra, outra):
        uma.pedir("POST", ROTA, None, json={})
    assert contadas(outra)[0][3] == 2
    assert contadas(casa)[0][3] == 3
    outra.close()


def test_a_flood_is_one_count_and_memory_is_bounded(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recusas_sem_registro, "NA_MEMORIA", 3)
    contador = porta.app.extensions["recusas"]
    for n in range(100):
        contador.contar(None, "NAO_AUTENTICADO")
        contador.contar(f"login{n}", "JSON_INVALIDO")
    assert len(contador._contagens) == 3
    assert contadas(porta)[0] == (HORA, None, "NAO_AUTENTICADO", 100)


def test_what_cannot_be_written_is_kept(porta: Porta) -> None:
    porta.token("retaguarda")
    porta.pedir("POST", ROTA, None, json={})
    porta.executar("ALTER TABLE GW_RECUSA RENAME TO GW_FORA")
    with pytest.raises(Falha):
        porta.app.extensions["recusas"].gravar()
    porta.executar("ALTER TABLE GW_FORA RENAME TO GW_RECUSA")
    assert [vezes for _, _, _, vezes in contadas(porta)] == [1]


def test_they_are_forgotten_with_the_operations(casa: Casa) -> None:
    casa.pedir("POST", ROTA, None, json={})
    contadas(casa)
    casa.relogio.andar(days=401)
    limpar(casa.gw)
    assert casa.contar("GW_RECUSA") == 0


def test_the_panel_shows_them(porta: Porta) -> None:
    pessoa = Atendente(porta)
    porta.pedir("POST", ROTA, "pdv1", data=b"", content_type="text/plain")
    pagina = pessoa.ver("/painel/operacoes/recusas")
    assert "02/03/2026 09:00 pdv1" in pagina.texto
    assert "TIPO_NAO_SUPORTADO" in pagina.texto
    assert "/painel/operacoes/recusas" in pessoa.ver("/painel/operacoes").elos
    pessoa.ver("/painel/operacoes/recusas?de=x", 422)


def test_refused_by_the_server_itself(postgresql: sa.Engine, tmp_path: Any) -> None:
    import socket

    from tests.support.servers import servidor

    url = postgresql.url.render_as_string(hide_password=False)
    with servidor(tmp_path, url, processos=1) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.porta), timeout=5) as s:
            s.sendall(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
            assert s.recv(100).startswith(b"HTTP/1.1 400")
        _, _, corpo = gateway.pedir("GET", ROTA_DAS_RECUSAS, token=gateway.entrar("retaguarda"))
    assert b'"codigo": "JSON_INVALIDO", "vezes": 1' in corpo
