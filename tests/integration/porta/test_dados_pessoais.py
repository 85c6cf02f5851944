"""Customer data are where the inventory says, and nowhere else: not in logs, errors, other tables or commands."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import event

from app.api.contrato.schemas import json_paths
from app.cli import main
from app.services import politicas
from app.services.mapas import load_site_maps
from app.services.operacao import registro
from app.services.politicas import Definicao
from app.services.pre_venda import colunas
from app.services.tempo.anonimizar import LOTE, anonimizar
from app.winthor.db.faults import Ocupado
from app.winthor.esquema.catalogo import tabelas_usadas
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import PCLOGPEDIDOAPI
from app.winthor.esquema.types import CLOB, NUMBER, VARCHAR2
from tests.integration.porta.conftest import Porta
from tests.support.builders import item, pre_venda
from tests.support.gateway import ENDERECOS, Casa

ROOT = Path(__file__).parents[3]
INVENTARIO: dict[str, Any] = tomllib.loads((ROOT / "app" / "dados_pessoais.toml").read_text("utf-8"))

CPF, CNPJ = "52998224725", "11444777000161"
CLIENTE = {
    "cpfCnpj": "529.982.247-25",
    "nome": "Zuleica Canarinho",
    "endereco": "Rua Trinca-Ferro",
    "numero": "KX7412",
    "complemento": "Bloco Curió",
    "bairro": "Vila Sabiá",
    "cidade": "Bem-te-vi do Sul",
    "estado": "SP",
    "cep": "01310-100",
    "email": "zuleica@canarinho.example",
    "telefone": "(11) 3987-6543",
    "celular": "(11) 98765-4321",
}
# Every form in which one of them could show up.
CANARIOS = (
    *(CPF, "529.982.247-25", CNPJ, "11.444.777/0001-61", "kx7412", "01310-100", "01310100"),
    *("zuleica", "canarinho", "trinca-ferro", "curió", "sabiá", "bem-te-vi"),
    *("3987-6543", "39876543", "98765-4321", "987654321"),
)


def achados(texto: str) -> list[str]:
    minusculo = texto.lower()
    return [canario for canario in CANARIOS if canario in minusculo]


def compra(numero: str, *itens: dict[str, Any], **mais: Any) -> dict[str, Any]:
    return pre_venda(*itens, numero=numero, **{"cliente": CLIENTE, **mais})


def fluxos(porta: Casa) -> Iterator[tuple[int, Any]]:
    """Every flow with the customer in the body: (status expected, answer)."""
    criada = porta.enviar(compra("PV-1"))
    numped = criada.get_json()["idPedidoRetaguarda"]
    yield 201, criada
    yield 201, porta.enviar(compra("PV-1"))
    yield 409, porta.enviar(compra("PV-1", item(quantidade=3)))
    alterada = porta.enviar(compra("PV-1", item(quantidade=3), idRetaguarda=numped))
    yield 201, alterada
    novo = alterada.get_json()["idPedidoRetaguarda"]
    yield 200, porta.enviar(compra("PV-1", item(quantidade=3), situacaoPreVenda=1, idRetaguarda=novo))
    yield 200, porta.enviar(compra("PV-1", situacaoPreVenda=3, idRetaguarda=novo))
    yield 200, porta.enviar(compra("PV-1", situacaoPreVenda=0, idRetaguarda=novo))
    yield 201, porta.enviar(compra("PV-CNPJ", cliente={**CLIENTE, "cpfCnpj": CNPJ, "nome": "Canarinho Ltda"}))
    yield 201, porta.enviar(compra("PV-EXTRA", clienteNovo=CLIENTE, cliente={**CLIENTE, "apelido": "Canarinho"}))
    yield 201, porta.enviar(compra("PV-SEM", cliente={**CLIENTE, "email": None}))
    yield 409, porta.enviar(compra("PV-MUITO", item(quantidade=5000)))
    yield 409, porta.enviar(compra("PV-PARTE", item(), item("300-3", 9)))
    yield 422, porta.enviar(compra("PV-PROD", item("1-999999")))
    yield 422, porta.enviar(compra("PV-RCA", item(idVendedorRetaguarda="999999")))
    yield 422, porta.enviar(compra("PV-CAMPO", item(quantidade="duas"), lockTTL="ontem"))
    yield 422, porta.enviar(compra("PV-CLI", cliente={**CLIENTE, "nome": ["Canarinho"], "email": {"a": CPF}}))
    yield 422, porta.enviar(compra("PV-CLI2", cliente={**CLIENTE, "telefone": "3987-6543" * 20}))
    yield 422, porta.enviar(compra("PV-CLI3", cliente="Zuleica Canarinho 529.982.247-25"))
    yield 422, porta.enviar(compra("PV-CLI4", cliente={**CLIENTE, "idRetaguarda": CPF}))
    yield 404, porta.enviar(compra("PV-1", idRetaguarda=7_999_999))
    yield 422, porta.enviar(compra("PV-1", situacaoPreVenda=7))
    yield 403, porta.enviar(compra("PV-2", loja="2"), "pdv1")
    texto = simplejson.dumps(compra("PV-X"))
    yield 400, porta.pedir("POST", "/api/v1/pre-vendas/simulacao", data=texto[:-1], content_type="application/json")
    yield 200, porta.pedir("POST", "/api/v1/pre-vendas/simulacao", data=texto, content_type="application/json")
    yield 415, porta.pedir("POST", "/api/v1/pre-vendas/simulacao", data=texto, content_type="text/plain")
    yield 404, porta.pedir("GET", f"/clientes/{CPF}/zuleica", None)
    yield 200, porta.pedir("GET", f"/api/v1/pre-vendas/{CPF}?idLojaRetaguarda=1")


def falhas(porta: Casa) -> Iterator[tuple[int, Any]]:
    """The database fails under a reservation, in three ways."""

    def ocupado(*_: Any) -> None:
        raise Ocupado("55P03")

    for alvo in ("PCPEDC", "PCCLIENT", "UPDATE GW_OPERACAO"):

        def estourar(conn: Any, cursor: Any, statement: str, *_: Any, alvo: str = alvo) -> None:
            if alvo in statement and "SELECT" not in statement:
                ocupado()

        event.listen(porta.gw.db.engine, "before_cursor_execute", estourar)
        yield 503, porta.enviar(compra(f"PV-F-{alvo[:6]}", cliente={**CLIENTE, "cpfCnpj": "11144477735"}))
        event.remove(porta.gw.db.engine, "before_cursor_execute", estourar)
    porta.executar("DROP TABLE PCPEDICESTA")
    yield 503, porta.enviar(compra("PV-F-KIT", item("5000-50", 1, 30)))
    yield 503, porta.enviar(compra("PV-F-KIT", item("5000-50", 1, 30)))


def onde_ha(porta: Casa) -> dict[str, set[str]]:
    """Tables and columns that hold a canary; the demo's own branches have addresses too."""
    onde: dict[str, set[str]] = {}
    for tabela, rows in porta.fotografia(sem=frozenset({"PCPEDICESTA", "PCFILIAL"})).items():
        for row in rows:
            for coluna, valor in row.items():
                if isinstance(valor, str) and achados(valor):
                    onde.setdefault(tabela, set()).add(coluna)
    return onde


def test_customer_data_go_nowhere_but_where_they_belong(porta: Porta, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    porta.gw.db._sleep = lambda _s: None
    for http, answer in (*fluxos(porta), *falhas(porta)):
        texto = answer.get_data(as_text=True)
        assert answer.status_code == http, texto
        corpo = answer.get_json(force=True)
        corpo.pop("contraOferta", None)  # what was sent, ready to send again
        if CPF not in answer.request.path:
            assert achados(str(corpo) + str(answer.headers)) == [], corpo
    assert caplog.records
    assert achados(caplog.text) == []
    onde = onde_ha(porta)
    declaradas = {tabela: set(linha["colunas"]) for tabela, linha in INVENTARIO.items()}
    assert {t: c - declaradas.get(t, set()) for t, c in onde.items() if c - declaradas.get(t, set())} == {}
    # Masked by default: only the customer's own row holds them.
    assert set(onde) == {"PCCLIENT"}


def test_clear_is_a_choice_of_the_site(porta: Porta) -> None:
    clara = porta.com(log_json="claro")
    try:
        for _ in fluxos(clara):
            pass
        onde = onde_ha(clara)
        assert onde.keys() == {"PCCLIENT", "PCLOGPEDIDOAPI"}
        assert onde["PCLOGPEDIDOAPI"] == {"JSON"}
        assert simplejson.loads(clara.tabela("PCLOGPEDIDOAPI")[0]["JSON"])["cliente"] == CLIENTE
        # What the contract does not know stays hidden even then.
        assert "apelido" in str(clara.tabela("PCLOGPEDIDOAPI"))
        assert "'Canarinho'" not in str(clara.tabela("PCLOGPEDIDOAPI")).replace('"', "'")
    finally:
        clara.close()


def test_masked_json_still_says_which_document_it_was(porta: Porta) -> None:
    porta.enviar(compra("PV-1"))
    cliente = porta.ultimo_log()["JSON"]["cliente"]
    assert cliente["cpfCnpj"] == "***.982.247-**"
    assert {nome for nome, valor in cliente.items() if valor != "***"} == {"cpfCnpj", "estado"}


def test_nobody_is_shown_another_ones_customer(porta: Porta) -> None:
    numped = porta.reservar(compra("PV-1"))
    porta.enviar(compra("PV-2", item(quantidade=5000)))
    for path in (
        "/api/v1/pre-vendas/PV-1?idLojaRetaguarda=1",
        "/api/v1/pre-vendas/PV-2?idLojaRetaguarda=1",
        "/api/v1/log",
        "/api/v1/reservas",
        f"/api/v1/reservas/{numped}",
        "/api/v1/estoque/1/1",
        "/api/v1/conciliacao",
    ):
        answer = porta.pedir("GET", path, "retaguarda")
        assert answer.status_code == 200
        assert achados(answer.get_data(as_text=True)) == [], path
    outro = porta.enviar(pre_venda(item(quantidade=5), numero="PV-1"), "pdv1")
    assert outro.status_code == 409
    assert achados(outro.get_data(as_text=True)) == []


def test_the_stored_refusal_holds_no_counter_offer(porta: Porta) -> None:
    answer = porta.enviar(compra("PV-1", item(), item("300-3", 9)))
    assert answer.get_json(force=True)["contraOferta"]["cliente"] == CLIENTE  # ready to send, so to its sender only
    guardada = simplejson.loads(porta.tabela("GW_OPERACAO")[-1]["RESPOSTA"])
    assert guardada.keys() == {"codigo", "errors"}
    assert achados(str(porta.tabela("GW_OPERACAO"))) == []


def test_commands_show_no_customer(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registro, "falhar_operacao", lambda *_: None)
    for _ in (*fluxos(porta), *falhas(porta)):
        pass
    porta.executar("CREATE TABLE PCPEDICESTA AS SELECT * FROM PCPEDI WHERE 1 = 0")
    for args in (
        ("doctor",),
        ("configuracao",),
        ("mapeamentos", "mostrar"),
        ("credenciais", "listar"),
        ("reservas", "expirar", "--simular"),
        ("conciliar",),
        ("log", "recuperar"),
        ("log", "limpar", "--simular"),
        ("log", "anonimizar", "--simular"),
    ):
        for formato in ((), ("--json",)):
            result = CliRunner().invoke(
                main, [*args, *formato], env={"PREVENDA_DATABASE_URL": porta.settings.database_url}
            )
            assert achados(result.output) == [], args


def test_a_reason_of_the_back_office_is_kept_without_what_looks_like_a_person_s(casa: Casa) -> None:
    definicao = Definicao("1", 1, None, None, Decimal(5), None, None, None, f"pediu {CLIENTE['email']}, CPF {CPF}")
    numero = politicas.definir(casa.gw, "retaguarda", definicao)
    politicas.encerrar(casa.gw, "retaguarda", numero, "avisar (11) 98765-4321")
    row = casa.linha("GW_POLITICA", ID=numero)
    assert (row["MOTIVO"], row["MOTIVO_ENCERRAMENTO"]) == ("pediu ***, CPF ***", "avisar ***")


# --- the inventory


def test_the_inventory_names_what_there_is() -> None:
    existentes = tabelas_usadas()
    for tabela, linha in INVENTARIO.items():
        assert linha.keys() == {"finalidade", "retencao", "colunas"}
        assert set(linha["colunas"]) <= set(existentes[tabela]), tabela
        assert linha["finalidade"]
        assert linha["retencao"]


def de_texto(tabelas: Iterable[sa.Table]) -> dict[str, set[str]]:
    """The columns of text of each table."""
    return {t.name: {c.name for c in t.columns if isinstance(c.type, VARCHAR2 | CLOB)} for t in tabelas}


def test_every_column_of_text_of_our_own_is_in_the_inventory() -> None:
    """One that holds nothing of a person's says so."""
    faltam = {
        f"{tabela}.{coluna}"
        for tabela, colunas_de_texto in de_texto(gateway.tables.values()).items()
        for coluna in colunas_de_texto - set(INVENTARIO.get(tabela, {"colunas": {}})["colunas"])
    }
    assert faltam == set()


def test_a_new_column_of_text_would_be_seen() -> None:
    nova = sa.Table(
        "GW_OPERACAO", sa.MetaData(), sa.Column("NOME_DO_COMPRADOR", VARCHAR2(60)), sa.Column("N", NUMBER(3))
    )
    assert de_texto([nova])["GW_OPERACAO"] - set(INVENTARIO["GW_OPERACAO"]["colunas"]) == {"NOME_DO_COMPRADOR"}
    assert {"RESPOSTA", "CALLER"} <= de_texto(gateway.tables.values())["GW_OPERACAO"]  # CLOB and VARCHAR2


def test_every_column_of_the_inventory_says_what_it_holds() -> None:
    assert [f"{t}.{c}" for t, linha in INVENTARIO.items() for c, que in linha["colunas"].items() if not que] == []


def test_every_mapped_column_with_a_customers_data_is_in_the_inventory() -> None:
    maps = load_site_maps(ROOT / "mappings", json_paths(), colunas.COLUNAS, "utf-8")
    faltam = [
        f"{tabela}.{entry.column.name}"
        for tabela, mapa in maps.items()
        for entry in mapa.entries
        if any(path.startswith("cliente.") for path in (entry.json or "", *entry.derived_from))
        or "observacoes" in entry.derived_from
        or entry.column.name in {"CODCLI", "CODCLIPRINC"}
        if entry.column.name not in INVENTARIO.get(tabela, {"colunas": {}})["colunas"]
    ]
    assert faltam == []


# --- retention


def jsons(casa: Casa) -> list[dict[str, Any]]:
    return [simplejson.loads(row["JSON"]) for row in casa.tabela("PCLOGPEDIDOAPI")]


@pytest.fixture
def clara(casa: Casa) -> Iterator[Casa]:
    """A site that keeps the customer readable, on both databases."""
    outra = casa.com(log_json="claro")
    yield outra
    outra.close()


def test_old_customer_data_are_masked(clara: Casa) -> None:
    numped = clara.reservar(compra("PV-VELHA"))
    clara.enviar(compra("PV-VELHA", situacaoPreVenda=0, idRetaguarda=numped))
    clara.executar(
        "INSERT INTO PCLOGPEDIDOAPI (NUMPED, STATUS, JSON) VALUES (1, 'A', :j)", j='{"cliente": {"nome": "X"}}'
    )
    clara.relogio.andar(days=60)
    clara._tokens.clear()
    clara.reservar(compra("PV-NOVA"))
    clara.relogio.andar(days=31)
    antes = {row["NUMPED"]: row for row in clara.tabela("PCLOGPEDIDOAPI")}

    assert anonimizar(clara.gw, simular=True) == 2
    assert len(achados(str(jsons(clara)))) > 5
    assert anonimizar(clara.gw) == 2

    por_numero = {corpo.get("numero"): corpo for corpo in jsons(clara)}
    velha, nova = por_numero["PV-VELHA"], por_numero["PV-NOVA"]
    assert velha["cliente"]["nome"] == "***"
    assert velha["cliente"]["cpfCnpj"] == "***.982.247-**"
    assert "retorno" in velha
    assert nova["cliente"] == CLIENTE
    assert por_numero[None] == {"cliente": {"nome": "X"}}  # not born here
    for row in clara.tabela("PCLOGPEDIDOAPI"):
        assert {**row, "JSON": ""} == {**antes[row["NUMPED"]], "JSON": ""} or row["NUMPED"] == numped
    # The addresses still lead to the rows.
    assert clara.ultimo_log()["JSON"]["numero"] == "PV-NOVA"
    endereco = sa.literal_column(ENDERECOS[clara.engine.dialect.name])
    with clara.engine.connect() as connection:
        enderecos = set(connection.execute(sa.select(endereco).select_from(PCLOGPEDIDOAPI)).scalars())
    assert {row["LOGROWID"] for row in clara.tabela("GW_OPERACAO")} <= enderecos


def test_masking_twice_is_masking_once(clara: Casa) -> None:
    clara.reservar(compra("PV-1"))
    clara.relogio.andar(days=91)
    assert anonimizar(clara.gw) == 1
    depois = clara.fotografia()
    assert anonimizar(clara.gw) == 0
    clara.executar("DELETE FROM GW_CONFIG WHERE CHAVE = 'ANONIMIZADO_ATE'")  # even if it forgot where it was
    assert anonimizar(clara.gw) == 0
    assert clara.fotografia() == depois


def test_masking_goes_in_batches(porta: Porta, monkeypatch: pytest.MonkeyPatch) -> None:
    assert LOTE == 1000
    monkeypatch.setattr("app.services.tempo.anonimizar.LOTE", 2)
    clara = porta.com(log_json="claro")
    try:
        for n in range(5):
            clara.reservar(compra(f"PV-{n}"))
        clara.relogio.andar(days=91)
        commits: list[int] = []
        event.listen(clara.gw.db.engine, "commit", lambda _c: commits.append(1))
        assert anonimizar(clara.gw, simular=True) == 5
        assert anonimizar(clara.gw) == 5
        assert len(commits) == 6
        assert achados(str(jsons(clara))) == []
    finally:
        clara.close()


def test_command_masks_and_says_how_many(porta: Porta) -> None:
    clara = porta.com(log_json="claro")
    clara.reservar(compra("PV-1"))  # in March 2026 by the test's clock
    clara.close()
    env = {"PREVENDA_DATABASE_URL": porta.settings.database_url, "PREVENDA_RETENCAO_PESSOAL_DIAS": "1"}

    def rodar(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["log", "anonimizar", *args], env=env)
        return result.exit_code, result.output

    assert rodar("--simular") == (0, "Seriam mascaradas: 1\n")
    assert rodar("--simular", "--json") == (0, '{"simulado": true, "mascaradas": 1}\n')
    assert rodar() == (0, "Mascaradas: 1\n")
    assert rodar("--json") == (0, '{"simulado": false, "mascaradas": 0}\n')
