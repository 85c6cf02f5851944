"""The panel without a browser: every page, filter and action, who may what, and what can go wrong."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.api.contrato.requisicao import parse_requisicao
from app.demonstracao.semente import semear
from app.domain.vida import Efeito
from app.services import retaguarda
from app.services.operacao.requisicao import Resposta
from app.settings import Settings
from tests.support.builders import cliente_completo, item, kit, pre_venda
from tests.support.gateway import Casa, Relogio
from tests.support.panel import Atendente, Pagina

PAGINAS = (
    "visao", "operacoes", "operacoes/externas", "operacoes/recusas",
    "reservas", "estoque", "conciliacao", "fluxo", "saude",
)  # fmt: skip
ESTATICOS = Path(__file__).parents[2] / "app" / "painel" / "estatico"


@pytest.fixture
def loja(sqlite_engine: sa.Engine, now: dt.datetime) -> Iterator[Casa]:
    """The demo shop on SQLite alone: what is tested here does not depend on the database."""
    url = sqlite_engine.url.render_as_string(hide_password=False)
    casa = Casa(sqlite_engine, Settings(database_url=url, pool=20, cache_segundos=0), Relogio(now))
    yield casa
    casa.close()


def semeada(casa: Casa) -> Casa:
    semear(casa.gw, lambda corpo, login: parse_requisicao(corpo, caller=login))
    return casa


def numeros(pagina: Pagina) -> list[int]:
    """Numbers of the reservations linked in the list, in order."""
    return list(dict.fromkeys(int(n) for elo in pagina.elos for n in re.findall(r"^/painel/reservas/(\d+)$", elo)))


def test_every_page_on_both_databases(casa: Casa) -> None:
    semeada(casa)
    pessoa = Atendente(casa)
    for caminho in PAGINAS:
        pagina = pessoa.ver(f"/painel/{caminho}")
        assert "retaguarda" in pagina.texto
    detalhes = {elo for elo in pessoa.ver("/painel/operacoes").elos if re.search(r"operacoes/[0-9a-f]{32}$", elo)}
    assert len(detalhes) == 28
    for elo in detalhes:
        assert "Requisição" in pessoa.ver(elo).texto
    for numped in numeros(pessoa.ver("/painel/reservas?limite=200")):
        assert "Linha do tempo" in pessoa.ver(f"/painel/reservas/{numped}").texto


def test_the_demo_has_operations_of_every_kind(loja: Casa) -> None:
    semeada(loja)
    operacoes = loja.tabela("GW_OPERACAO")
    assert {(o["OPERACAO"], o["ESTADO"]) for o in operacoes} == {
        ("I", "A"), ("I", "R"), ("A", "A"), ("A", "R"), ("C", "A")
    }  # fmt: skip
    estados = {r["ESTADO"] for r in loja.tabela("GW_RESERVA")}
    assert estados == {"AUTORIZADA", "CONFIRMADA", "RESGATADA", "CANCELADA", "EXPIRADA", "SUBSTITUIDA"}
    assert max(o["DTINICIO"] for o in operacoes) <= loja.relogio().replace(tzinfo=None)


def test_nobody_is_sent_to_the_login_and_back(loja: Casa) -> None:
    pessoa = Atendente(loja, "")
    resposta = pessoa.abrir("/painel/reservas?filial=1")
    assert (resposta.status_code, resposta.location) == (303, "/painel/entrar?voltar=/painel/reservas?filial%3D1")

    dentro = pessoa.entrar("retaguarda", voltar="/painel/reservas?filial=1")

    assert dentro.location == "/painel/reservas?filial=1"
    assert pessoa.abrir(dentro.location).status_code == 200


@pytest.mark.parametrize(
    "voltar", ["https://mau.example/painel/", "//mau.example/painel/", "/painel/\\mau", "/api/v1/log", "javascript:1"]
)
def test_the_login_leads_nowhere_else(loja: Casa, voltar: str) -> None:
    assert Atendente(loja, "").entrar("retaguarda", voltar=voltar).location == "/painel/visao"


@pytest.mark.parametrize("login", ["pdv1", "hub"])
def test_a_pos_login_stays_outside(loja: Casa, login: str) -> None:
    pessoa = Atendente(loja, "")
    resposta = pessoa.entrar(login)
    assert resposta.status_code == 403
    assert "não tem acesso ao painel" in resposta.get_data(as_text=True)
    assert pessoa.abrir("/painel/operacoes").status_code == 303
    for caminho in ("/api/v1/log", "/api/v1/log/resumo", "/api/v1/reservas", "/api/v1/conciliacao"):
        assert loja.pedir("GET", caminho, login).get_json(force=True)["codigo"] == "ESCOPO_INSUFICIENTE"


def test_wrong_passwords_are_slowed_down(loja: Casa) -> None:
    pessoa = Atendente(loja, "")
    assert [pessoa.entrar("retaguarda", "errada").status_code for _ in range(11)] == [401] * 10 + [429]


def test_the_cookie_is_closed_signed_and_ends(loja: Casa) -> None:
    pessoa = Atendente(loja, "")
    cookie = pessoa.entrar("retaguarda").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/painel" in cookie
    assert "Max-Age=28800" in cookie
    navegador = loja.app.test_client()
    assert "Secure" not in navegador.get("/painel/entrar").headers["Set-Cookie"]
    assert "Secure" in navegador.get("/painel/entrar", base_url="https://x").headers["Set-Cookie"]
    # What anybody may write is not believed; a trusted proxy is: tests/integration/porta/test_proxy.py.
    forjado = navegador.get("/painel/entrar", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" not in forjado.headers["Set-Cookie"]

    loja.relogio.andar(hours=7, minutes=59)
    assert pessoa.abrir("/painel/saude").status_code == 200
    loja.relogio.andar(minutes=2)
    assert pessoa.abrir("/painel/saude").status_code == 303

    outra = Atendente(loja)
    valor = outra.cliente.get_cookie("prevenda_painel", path="/painel")
    assert valor is not None
    outra.cliente.set_cookie("prevenda_painel", valor.value[:-3] + "AAA", path="/painel")
    assert outra.abrir("/painel/saude").status_code == 303


def test_a_revoked_login_is_out_at_once(loja: Casa) -> None:
    pessoa = Atendente(loja)
    loja.executar("UPDATE GW_CREDENCIAL SET ATIVO = 'N' WHERE LOGIN = 'retaguarda'")
    assert pessoa.abrir("/painel/operacoes").status_code == 303


def test_logging_out(loja: Casa) -> None:
    pessoa = Atendente(loja)
    pessoa.enviar(pessoa.ver("/painel/saude").formulario("/sair"))
    assert pessoa.abrir("/painel/saude").status_code == 303


FORMULARIOS = ("reservas/{n}/cancelamento", "reservas/{n}/prorrogacao", "conciliacao/plano", "conciliacao/correcoes")


@pytest.mark.parametrize("token", ["missing", "wrong", "other session"])
def test_no_form_acts_without_its_token(loja: Casa, token: str) -> None:
    numped = loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    dados = {"motivo": "teste", "dias": "2", "item": "x", "confirmado": "sim", "login": "retaguarda", "senha": "demo"}
    if token == "wrong":
        dados["csrf"] = "0" * 64
    if token == "other session":
        dados["csrf"] = Atendente(loja).ver("/painel/saude").formulario("/sair").campos[0][1]
    antes = loja.fotografia()

    for caminho in (*FORMULARIOS, "sair", "entrar"):
        resposta = pessoa.cliente.post(f"/painel/{caminho.format(n=numped)}", data=dados)

        assert resposta.status_code == 403
        assert "Nada foi feito" in resposta.get_data(as_text=True)
        assert loja.fotografia() == antes
    assert pessoa.abrir("/painel/saude").status_code == 200


def test_a_form_sent_from_another_site_is_refused(loja: Casa) -> None:
    pessoa = Atendente(loja)
    sair = pessoa.ver("/painel/saude").formulario("/sair")
    resposta = pessoa.cliente.post(sair.destino, data=dict(sair.campos), headers={"Sec-Fetch-Site": "cross-site"})
    assert resposta.status_code == 403


def test_every_page_has_its_headers(loja: Casa) -> None:
    pessoa = Atendente(loja)
    for caminho in ("nada", "entrar", *PAGINAS):
        cabecalhos = pessoa.abrir(f"/painel/{caminho}").headers
        politica = cabecalhos["Content-Security-Policy"]
        assert "default-src 'none'" in politica
        assert "frame-ancestors 'none'" in politica
        assert "unsafe" not in politica
        assert cabecalhos["Cache-Control"] == "no-store"
        assert cabecalhos["X-Content-Type-Options"] == "nosniff"


def test_every_route_of_the_panel_asks_for_a_login(loja: Casa) -> None:
    livres = {"painel.static", "painel.inicio", "painel.entrar", "painel.autenticar", "painel.sair"}
    for rule in loja.app.url_map.iter_rules():
        if rule.endpoint.startswith("painel.") and rule.endpoint not in livres:
            escopos = getattr(loja.app.view_functions[rule.endpoint], "escopos", ())
            agir = "POST" in (rule.methods or ()) and rule.endpoint != "painel.procurar_por"
            assert escopos == (("retaguarda-agir",) if agir else ("retaguarda",)), rule


def test_nothing_comes_from_outside_and_nothing_is_inline(loja: Casa) -> None:
    semeada(loja)
    pessoa = Atendente(loja)
    numped = numeros(pessoa.ver("/painel/reservas"))[0]
    for caminho in (*PAGINAS, f"reservas/{numped}", "estoque?filial=1&codprod=50"):
        pagina = pessoa.ver(f"/painel/{caminho}")
        assert all(recurso.startswith(("/painel", "#")) for recurso in pagina.recursos), pagina.recursos
        assert not {tag for tag, _ in pagina.atributos} & {"script", "style", "iframe", "object", "embed"}
        assert not [a for _, a in pagina.atributos if any(nome.startswith("on") or nome == "style" for nome in a)]
    for arquivo in ESTATICOS.iterdir():
        texto = arquivo.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in texto
        assert "@import" not in texto
        resposta = pessoa.abrir(f"/painel/estatico/{arquivo.name}")
        assert resposta.status_code == 200
        resposta.close()


def test_tables_have_captions_and_scopes_and_fields_have_labels(loja: Casa) -> None:
    semeada(loja)
    pessoa = Atendente(loja)
    numped = numeros(pessoa.ver("/painel/reservas"))[0]
    for caminho in (*PAGINAS, "entrar", f"reservas/{numped}", "estoque?filial=1&codprod=1"):
        quem = pessoa if caminho != "entrar" else Atendente(loja, "")
        atributos = quem.ver(f"/painel/{caminho}").atributos
        tags = [tag for tag, _ in atributos]
        assert tags.count("caption") == tags.count("table")
        assert tags.count("h1") == 1
        assert all(a.get("scope") for tag, a in atributos if tag == "th")
        rotulados = {a.get("for") for tag, a in atributos if tag == "label"}
        for tag, a in atributos:
            if tag in {"input", "select"} and a.get("type") != "hidden":
                assert a.get("id") in rotulados or a.get("aria-label"), a
        ids = [a["id"] for _, a in atributos if "id" in a]
        assert len(ids) == len(set(ids))
        assert ("html", {"lang": "pt-BR"}) in atributos
        assert ("a", {"class": "pular", "href": "#conteudo"}) in atributos


SCRIPT = "<script>alert(1)</script>"


def test_a_stored_script_is_text(loja: Casa) -> None:
    numped = loja.reservar(
        pre_venda(numero=SCRIPT, observacoes=SCRIPT, cliente=cliente_completo(nome=SCRIPT, bairro=SCRIPT))
    )
    loja.executar("UPDATE PCPRODUT SET DESCRICAO = :s WHERE CODPROD = 1", s=SCRIPT)
    pessoa = Atendente(loja)
    elo = next(e for e in pessoa.ver("/painel/operacoes").elos if re.search(r"operacoes/[0-9a-f]{32}$", e))
    for caminho in ("/painel/operacoes", elo, "/painel/reservas", f"/painel/reservas/{numped}", "/painel/estoque"):
        html = pessoa.abrir(caminho).get_data(as_text=True)
        assert SCRIPT not in html
        assert "&lt;script&gt;" in html
    filtrado = pessoa.cliente.get("/painel/operacoes", query_string={"numero": '"><script>', "codigo": SCRIPT})
    assert "<script" not in filtrado.get_data(as_text=True)


def test_no_personal_data_on_any_page(loja: Casa) -> None:
    claro = loja.com(log_json="claro")
    numped = claro.reservar(pre_venda(cliente=cliente_completo()))
    pessoa = Atendente(claro)
    elo = next(e for e in pessoa.ver("/painel/operacoes").elos if re.search(r"operacoes/[0-9a-f]{32}$", e))
    for caminho in ("/painel/operacoes", elo, f"/painel/reservas/{numped}", "/painel/reservas"):
        html = pessoa.abrir(caminho).get_data(as_text=True)
        for canario in ("52998224725", "529.982.247-25", "Maria Aparecida", "Rua das Flores", "98888-7777"):
            assert canario not in html
    claro.close()


DAS_OPERACOES = [
    ("operacao=I", {"A", "B", "C", "D"}),
    ("operacao=C", {"B"}),
    ("status=R", {"C"}),
    ("status=P", set()),
    ("filial=2", {"D"}),
    ("numero=A", {"A"}),
    ("codprod=1002", {"B"}),
    ("codigo=ESTOQUE_INSUFICIENTE", {"C"}),
    ("caller=pdv2", {"D"}),
    ("de=2026-03-02T12:30", {"B", "D"}),
    ("ate=2026-03-02T09:30", {"A", "B", "C"}),
    ("de=2026-03-02T09:30&ate=2026-03-02T12:30", set()),
    ("status=A&filial=1&operacao=I", {"A", "B"}),
]


def test_filters_of_the_operations(loja: Casa) -> None:
    loja.reservar(pre_venda(item("10010-1001"), numero="A"))
    cancelar = loja.reservar(pre_venda(item("10020-1002"), numero="B"))
    loja.enviar(pre_venda(item("300-3", 6), numero="C"))
    loja.relogio.andar(hours=4)
    loja._tokens.clear()
    loja.enviar(pre_venda(numero="B", idRetaguarda=cancelar, situacaoPreVenda=0))
    loja.reservar(pre_venda(numero="D", loja="2"), "pdv2")

    pessoa = Atendente(loja)
    for query, esperadas in DAS_OPERACOES:
        html = pessoa.abrir(f"/painel/operacoes?{query}").get_data(as_text=True)
        assert set(re.findall(r'data-rotulo="Pré-venda"[^>]*>([A-D])<', html)) == esperadas, query


def test_a_number_leads_straight_to_what_is_known_of_it(loja: Casa) -> None:
    semeada(loja)
    pessoa = Atendente(loja)

    def destino(o_que: str) -> str:
        resposta = pessoa.cliente.get("/painel/procurar", query_string={"o_que": o_que})
        assert resposta.status_code == 303
        return str(resposta.location)

    recusada = destino(" DEMO-11 ")
    assert "Por que foi recusada" in pessoa.ver(recusada).texto
    assert destino("1000003") == "/painel/reservas/1000003"
    assert destino("demo-11") == "/painel/operacoes?numero=DEMO-11&filial=1"
    assert destino("rolo de la") == "/painel/estoque?codprod=3"
    assert destino("300") == destino("300-3") == "/painel/estoque?codprod=3"  # a bar code; a label
    assert destino("pdv1") == "/painel/operacoes?caller=pdv1"

    loja.reservar(pre_venda(numero="IGUAL"))
    loja.reservar(pre_venda(numero="IGUAL", loja="2"))
    achados = pessoa.ver("/painel/procurar?o_que=igual")
    assert {"/painel/operacoes?numero=IGUAL&filial=1", "/painel/operacoes?numero=IGUAL&filial=2"} <= set(achados.elos)
    loja.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '2' WHERE LOGIN = 'retaguarda'")
    pessoa = Atendente(loja)
    assert destino("IGUAL").startswith("/painel/operacoes/")
    assert "Nada encontrado" in pessoa.ver("/painel/procurar?o_que=1000003").texto  # another branch's


def test_nothing_found_says_what_was_looked_for_and_offers_ways(loja: Casa) -> None:
    pagina = Atendente(loja).ver("/painel/procurar?o_que=xyz")
    assert "Nada encontrado “xyz” não é o começo de nenhum número" in pagina.texto
    assert "/painel/operacoes/recusas" in pagina.elos


def test_a_document_is_looked_up_and_in_no_address(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(cliente={"cpfCnpj": "11222333000181", "idRetaguarda": 20}))
    loja.reservar(pre_venda(numero="OUTRA"))
    pessoa = Atendente(loja)
    formulario = pessoa.ver("/painel/visao").formulario("/procurar")
    achado = pessoa.enviar(formulario, o_que="11.222.333/0001-81")
    assert achado.location == "/painel/reservas?cliente=20,21,22"
    assert numeros(pessoa.ver(achado.location)) == [numped]
    sem = pessoa.enviar(formulario, o_que="529.982.247-25")
    assert "52998224725" not in sem.location.replace(".", "").replace("-", "")
    assert "Nenhum cliente tem o documento ***.982.247-**" in pessoa.ver(sem.location).texto
    assert pessoa.enviar(formulario, o_que="DEMO-1").location == "/painel/procurar?o_que=DEMO-1"


def test_from_a_refusal_to_who_holds_the_stock_and_out(loja: Casa) -> None:
    """Short of stock at the counter: the refusal names the holders, a holder can be cancelled from there."""
    parada = loja.reservar(pre_venda(item("300-3", 4), numero="PARADA"))
    loja.relogio.andar(seconds=1)
    loja.enviar(pre_venda(item("300-3", 3), numero="FILA"))
    pessoa = Atendente(loja)

    recusa = pessoa.ver(str(pessoa.cliente.get("/painel/procurar?o_que=FILA").location))
    estoque = next(elo for elo in recusa.elos if elo.startswith("/painel/estoque?"))
    assert estoque == "/painel/estoque?filial=1&codprod=3#detentores"
    assert "Há em outras filiais: 2 (50)" in recusa.texto
    assert f"/painel/reservas/{parada}#cancelar" in pessoa.ver(estoque).elos
    plano = pessoa.perguntar(pessoa.ver(f"/painel/reservas/{parada}").formulario("/cancelamento"), motivo="Parada")
    pessoa.enviar(plano.formulario("/cancelamento"))
    assert loja.qtreserv(3) == 0

    loja.relogio.andar(seconds=1)
    loja.reservar(pre_venda(item("300-3", 3), numero="FILA"))
    assert "Depois desta, a pré-venda foi aceita" in pessoa.ver(elo_da_recusa(loja)).texto


def elo_da_recusa(loja: Casa) -> str:
    return f"/painel/operacoes/{loja.linha('GW_OPERACAO', ESTADO='R')['ID']}"


def test_a_refusal_leads_to_the_reservation_it_met(loja: Casa) -> None:
    numped = loja.reservar(pre_venda())
    loja.relogio.andar(seconds=1)
    loja.enviar(pre_venda(item(quantidade=9)))
    pagina = Atendente(loja).ver(elo_da_recusa(loja))
    assert f"A reserva desta pré-venda: {numped}" in pagina.texto


def test_what_the_till_was_told_is_on_the_page(loja: Casa) -> None:
    loja.reservar(pre_venda())
    elo = f"/painel/operacoes/{loja.linha('GW_OPERACAO')['ID']}"
    assert "usado o consumidor final" in Atendente(loja).ver(elo).texto


def test_the_time_of_the_cep_is_told_apart(loja: Casa) -> None:
    loja.reservar(pre_venda(cliente=cliente_completo()))
    texto = Atendente(loja).ver(f"/painel/operacoes/{loja.linha('GW_OPERACAO')['ID']}").texto
    for passo in ("Registro inicial", "Validação", "Consulta do CEP", "Espera por travas", "Gravação"):
        assert passo in texto


def test_rows_come_first_when_something_is_asked_for(loja: Casa) -> None:
    loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    for query, primeiro in (("", "Lista"), ("?numero=PV-1", "Lista")):
        html = pessoa.abrir(f"/painel/operacoes{query}").get_data(as_text=True)
        assert re.findall(r'<h2 id="\w+">(\w+)', html)[0] == primeiro


def test_a_product_is_found_as_its_label_has_it(loja: Casa) -> None:
    assert "TRINCHA" in Atendente(loja).ver("/painel/estoque?filial=1&codprod=100-1").texto


def test_wrong_filters_say_so(loja: Casa) -> None:
    pessoa = Atendente(loja)
    for caminho in ("operacoes?numped=x", "operacoes?de=ontem", "reservas?codprod=-1", "prazo?regra=4"):
        pagina = pessoa.ver(f"/painel/{caminho}", 422)
        assert any(a.get("role") == "alert" for _, a in pagina.atributos)
    assert "Nenhum produto com “zzz”" in pessoa.ver("/painel/estoque?filial=1&codprod=zzz", 404).texto


def test_pages_of_the_operations(loja: Casa) -> None:
    for n in range(5):
        loja.reservar(pre_venda(numero=f"N{n}"))
        loja.relogio.andar(seconds=1)
    pessoa = Atendente(loja)
    vistos: list[int] = []
    caminho = "/painel/operacoes?limite=2&filial=1"
    while caminho:
        pagina = pessoa.ver(caminho)
        vistos += numeros(pagina)
        caminho = next((elo for elo in pagina.elos if f"pagina={len(vistos) // 2 + 1}" in elo), "")
    assert len(vistos) == len(set(vistos)) == 5
    assert vistos == sorted(vistos, reverse=True)


def test_the_export_carries_the_filters_of_the_view(loja: Casa) -> None:
    loja.reservar(pre_venda(numero="A"))
    loja.reservar(pre_venda(numero="B", loja="2"))
    pessoa = Atendente(loja)
    elos = pessoa.ver("/painel/operacoes?filial=2").elos
    (csv,) = [pessoa.abrir(elo) for elo in elos if "planilhas" in elo and "csv" in elo]
    (em_json,) = [pessoa.abrir(elo) for elo in elos if "exportacao" in elo]
    assert csv.get_data(as_text=True).count("\r\n") == 2
    assert [i["numero"] for i in em_json.get_json()["itens"]] == ["B"]


def test_the_badge_of_the_oldest_pending(loja: Casa) -> None:
    pessoa = Atendente(loja)
    assert "Nenhuma pendente" in pessoa.ver("/painel/operacoes").texto
    loja.reservar(pre_venda())
    loja.executar("UPDATE GW_OPERACAO SET ESTADO = 'P'")
    loja.relogio.andar(minutes=5, seconds=7)
    assert "Pendente mais antiga: 5 min 7 s" in pessoa.ver("/painel/operacoes").texto


def test_a_refusal_is_explained_with_its_routine(loja: Casa) -> None:
    loja.enviar(pre_venda(item("777-1")))
    pessoa = Atendente(loja)
    elo = next(e for e in pessoa.ver("/painel/operacoes").elos if re.search(r"operacoes/[0-9a-f]{32}$", e))
    texto = pessoa.ver(elo).texto
    assert "Por que foi recusada" in texto
    assert "Rotina do WinThor: 203" in texto


DAS_RESERVAS = [
    ("", 3), ("filial=2", 1), ("codprod=3", 1), ("codprod=1003", 1), ("estado=CONFIRMADA", 1),
    ("estado=CANCELADA", 1), ("numero=A", 1), ("caller=pdv2", 1), ("venceEmMinutos=1440", 1),
    ("idadeMinimaHoras=1", 0),
]  # fmt: skip


def test_filters_of_the_reservations(loja: Casa) -> None:
    loja.reservar(pre_venda(kit(), numero="A", lockTTL="6h"))
    paga = loja.reservar(pre_venda(item("10030-1003"), numero="B"))
    loja.enviar(pre_venda(numero="B", idRetaguarda=paga, situacaoPreVenda=1, preVendaItens=None))
    loja.reservar(pre_venda(numero="C", loja="2"), "pdv2")
    morta = loja.reservar(pre_venda(numero="D"))
    loja.enviar(pre_venda(numero="D", idRetaguarda=morta, situacaoPreVenda=0))

    pessoa = Atendente(loja)
    for query, quantas in DAS_RESERVAS:
        assert len(numeros(pessoa.ver(f"/painel/reservas?{query}"))) == quantas, query


def test_cancelling_asks_first_then_does_it_once(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(kit(2)))
    pessoa = Atendente(loja)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario("/cancelamento")

    loja.relogio.andar(seconds=1)
    sem_motivo = pessoa.enviar(formulario, motivo="  ")
    assert sem_motivo.status_code == 422
    antes = loja.fotografia()
    pergunta = pessoa.perguntar(formulario, motivo="Cliente desistiu")
    assert loja.fotografia() == antes
    assert f"Cancelar a reserva {numped}?" in pergunta.texto
    assert "Cliente desistiu" in pergunta.texto
    assert re.search(r"TRINCHA 2 POL 1 4 ", pergunta.texto)

    feito = pessoa.enviar(pergunta.formulario("/cancelamento"))

    assert (feito.status_code, feito.location) == (303, f"/painel/reservas/{numped}?aviso=cancelada")
    assert loja.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "CANCELADA"
    assert (loja.qtreserv(1), loja.qtreserv(3)) == (0, 0)
    assert loja.ultimo_log()["JSON"]["motivo"] == "Cliente desistiu"
    depois = pessoa.ver(feito.location)
    assert "Reserva cancelada." in depois.texto
    assert not [f for f in depois.formularios if f.destino.endswith("/cancelamento")]


@pytest.mark.parametrize(
    ("efeito", "aviso"), [(Efeito.MUDAR, "cancelada"), (Efeito.NENHUM, "ja_encerrada"), (None, "encerrada")]
)
def test_what_the_cancellation_did_is_told(
    loja: Casa, monkeypatch: pytest.MonkeyPatch, efeito: Efeito | None, aviso: str
) -> None:
    """None: the answer was read from what is stored, as after a connection that broke at its commit."""
    numped = loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    plano = pessoa.perguntar(pessoa.ver(f"/painel/reservas/{numped}").formulario("/cancelamento"), motivo="x")
    monkeypatch.setattr(retaguarda, "cancelar_reserva", lambda *_: Resposta(200, "{}", efeito=efeito))
    feito = pessoa.enviar(plano.formulario("/cancelamento"))
    assert feito.location == f"/painel/reservas/{numped}?aviso={aviso}"
    assert "encerrada" in pessoa.ver(feito.location).texto or efeito is Efeito.MUDAR


def test_two_clerks_cancel_with_one_effect(loja: Casa) -> None:
    numped = loja.reservar(pre_venda())
    loja.reservar(pre_venda(numero="OUTRA"))
    pessoas = [Atendente(loja), Atendente(loja)]
    perguntas = [
        p.perguntar(p.ver(f"/painel/reservas/{numped}").formulario("/cancelamento"), motivo="x") for p in pessoas
    ]

    respostas = [p.enviar(q.formulario("/cancelamento")) for p, q in zip(pessoas, perguntas, strict=True)]

    assert [r.status_code for r in respostas] == [303, 409]
    assert "Nada foi feito" in respostas[1].get_data(as_text=True)
    assert loja.qtreserv(1) == 2


def test_two_clerks_at_the_very_same_time(casa_pg: Casa) -> None:
    casa = casa_pg
    numped = casa.reservar(pre_venda(item(quantidade=4)))
    casa.reservar(pre_venda(numero="OUTRA"))
    pessoas = [Atendente(casa) for _ in range(4)]
    perguntas = [
        p.perguntar(p.ver(f"/painel/reservas/{numped}").formulario("/prorrogacao"), dias="5", motivo="x")
        for p in pessoas
    ]
    with ThreadPoolExecutor(4) as fila:
        feitas = list(
            fila.map(
                lambda par: par[0].enviar(par[1].formulario("/prorrogacao")).status_code,
                zip(pessoas, perguntas, strict=True),
            )
        )
    assert feitas.count(303) == 1, feitas
    assert set(feitas) <= {303, 409, 422}
    aceitas = [o for o in casa.tabela("GW_OPERACAO") if o["CALLER"] == "retaguarda" and o["ESTADO"] == "A"]
    assert len(aceitas) == 1


@pytest.mark.parametrize(("campos", "dia"), [({"dias": "5"}, 7), ({"ate": "2026-03-20"}, 20)])
def test_extending_asks_first_then_does_it(loja: Casa, campos: dict[str, str], dia: int) -> None:
    numped = loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario("/prorrogacao")
    campos = {"ate": "", "dias": "", **campos}
    pergunta = pessoa.perguntar(formulario, motivo="Busca na sexta", **campos)
    assert f"Prorrogar a reserva {numped}?" in pergunta.texto
    assert f"para {dia:02}/03/2026 23:59:59" in pergunta.texto
    assert ("mais curto" in pergunta.texto) == (dia < 13)

    feito = pessoa.enviar(pergunta.formulario("/prorrogacao"))

    assert feito.location == f"/painel/reservas/{numped}?aviso=prorrogada"
    assert loja.linha("GW_RESERVA", NUMPED=numped)["DTEXPIRA"] == dt.datetime(2026, 3, dia + 1, 2, 59, 59)  # noqa: DTZ001


@pytest.mark.parametrize("campos", [{}, {"dias": "5", "ate": "2026-03-20"}, {"dias": "0"}, {"ate": "amanhã"}])
def test_a_term_that_makes_no_sense_is_refused(loja: Casa, campos: dict[str, str]) -> None:
    numped = loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    formulario = pessoa.ver(f"/painel/reservas/{numped}").formulario("/prorrogacao")
    antes = loja.fotografia()
    assert pessoa.enviar(formulario, motivo="x", **{"ate": "", "dias": "", **campos}).status_code == 422
    assert loja.fotografia() == antes


def test_a_reader_reads_and_does_not_act(loja: Casa) -> None:
    loja.executar("UPDATE GW_CREDENCIAL SET ESCOPOS = 'retaguarda' WHERE LOGIN = 'retaguarda'")
    numped = loja.reservar(pre_venda())
    pessoa = Atendente(loja)
    pagina = pessoa.ver(f"/painel/reservas/{numped}")
    assert [f.destino for f in pagina.formularios] == ["/painel/procurar", "/painel/sair"]
    token = pagina.formulario("/sair").campos[0][1]
    for caminho in FORMULARIOS:
        dados = {"csrf": token, "motivo": "x", "dias": "2", "confirmado": "sim", "item": "x"}
        assert pessoa.cliente.post(f"/painel/{caminho.format(n=numped)}", data=dados).status_code == 403
    assert loja.linha("GW_RESERVA", NUMPED=numped)["ESTADO"] == "AUTORIZADA"


def test_a_clerk_of_one_branch_sees_only_that_branch(loja: Casa) -> None:
    loja.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1' WHERE LOGIN = 'retaguarda'")
    alheia = loja.reservar(pre_venda(numero="ALHEIA", loja="2"))
    pessoa = Atendente(loja)
    for caminho in ("operacoes", "reservas", "estoque", "conciliacao"):
        assert "ALHEIA" not in pessoa.ver(f"/painel/{caminho}").texto
    assert pessoa.abrir(f"/painel/reservas/{alheia}").status_code == 404
    assert pessoa.abrir("/painel/estoque?filial=2&codprod=1").status_code == 403


def test_stock_is_explained_to_its_holders(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(kit(2)))
    loja.executar("UPDATE PCEST SET QTRESERV = QTRESERV + 1 WHERE CODFILIAL = '1' AND CODPROD = 1")
    pessoa = Atendente(loja)

    lista = pessoa.ver("/painel/estoque")
    assert "/painel/estoque?filial=1&codprod=1" in lista.elos
    pagina = pessoa.ver("/painel/estoque?filial=1&codprod=1")
    assert re.search(r"1\.000 em estoque 0 bloqueado 5 reservado 995 disponível", pagina.texto)
    assert numeros(pagina) == [numped]
    assert "1 unidade reservada não pertence a nenhum pedido vivo" in pagina.texto
    o_kit = pessoa.ver("/painel/estoque?filial=1&codprod=50").texto
    assert re.search(r"3 ROLO DE LA 23CM 1 3 3 limita", o_kit)
    assert "3 kits disponíveis" in o_kit
    assert re.search(r"2 CASA DE DEMONSTRACAO LTDA 50", o_kit)


def test_reconciliation_plans_then_applies_once_and_remembers_who(loja: Casa) -> None:
    numped = loja.reservar(pre_venda(item(quantidade=3)))
    loja.executar("UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 9 WHERE NUMPED = :n", n=numped)
    pessoa = Atendente(loja)
    pagina = pessoa.ver("/painel/conciliacao")
    assert "Faturada e ainda retida" in pagina.texto
    assert "R$ 30,00" in pagina.texto
    (diferenca,) = [a["value"] for tag, a in pagina.atributos if a.get("name") == "item"]
    formulario = pagina.formulario("/plano")
    assert pessoa.enviar(formulario, motivo="x").status_code == 422
    assert pessoa.enviar(formulario, item=[diferenca], motivo="").status_code == 422

    antes = loja.fotografia()
    plano = pessoa.perguntar(formulario, item=[diferenca], motivo="Nota saiu")
    assert "Liberar o saldo retido" in plano.texto
    assert loja.fotografia() == antes
    feito = pessoa.perguntar(plano.formulario("/correcoes"))
    assert "Corrigida" in feito.texto
    assert loja.qtreserv(1) == Decimal(0)
    assert len([o for o in loja.tabela("GW_OPERACAO") if o["CALLER"] == "retaguarda"]) == 1

    de_novo = pessoa.perguntar(plano.formulario("/correcoes"))
    assert "1 diferença escolhida não existe mais" in de_novo.texto
    assert len([o for o in loja.tabela("GW_OPERACAO") if o["CALLER"] == "retaguarda"]) == 1
    depois = pessoa.ver("/painel/conciliacao").texto
    assert "Nenhuma diferença" in depois
    assert re.search(r"retaguarda Correção ?: Faturada e ainda retida Aceita \d+ Nota saiu", depois)


def test_health_in_numbers(loja: Casa) -> None:
    loja.reservar(pre_venda())
    loja.enviar(pre_venda(item("300-3", 6), numero="B"))
    texto = Atendente(loja).ver("/painel/saude").texto
    for esperado in ("50,0 % aceitas", "nenhuma pendente", "conexões em uso", "Pronto"):
        assert esperado in texto
    assert "Espera por travas" in texto


def test_errors_of_the_panel_are_pages(loja: Casa) -> None:
    pessoa = Atendente(loja)
    for caminho, http in (("nada", 404), ("operacoes/" + "0" * 32, 404), ("reservas/1", 404), ("sair", 405)):
        resposta = pessoa.abrir(f"/painel/{caminho}")
        assert (resposta.status_code, resposta.mimetype) == (http, "text/html")
    assert pessoa.abrir("/nada").mimetype == "application/problem+json"


def test_a_clerk_is_told_the_logins_of_the_own_branches_only(casa: Casa) -> None:
    casa.executar("UPDATE GW_CREDENCIAL SET FILIAIS = '1' WHERE LOGIN = 'retaguarda'")
    pessoa = Atendente(casa)
    for caminho in ("operacoes", "reservas", "procurar?o_que=pdv"):
        pagina = pessoa.abrir(f"/painel/{caminho}")
        texto = pagina.get_data(as_text=True) + pagina.headers.get("Location", "")
        assert ("pdv1" in texto, "pdv2" in texto) == (True, False), caminho
    assert "hub" in pessoa.abrir("/painel/reservas").get_data(as_text=True)  # it posts in every branch
