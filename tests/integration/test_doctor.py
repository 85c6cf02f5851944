"""``prevenda doctor``: what it says of a good database, and that it finds each fault that was planted."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.dialects.oracle import oracledb

from app import build_gateway
from app.cli import main
from app.services import doutor
from app.services.doutor import AVISO, ERRO, OK
from app.settings import Settings
from app.winthor import clientes
from app.winthor.esquema import catalogo, indices
from app.winthor.esquema.gateway_tables import GW_OPERACAO

Achados = dict[str, tuple[str, str]]

# Tests that change tables or the server's clock: the Oracle of the suite keeps both.
SO_DOIS = pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
FUSO = "America/Sao_Paulo"


def prevenda(url: str, *args: str, **env: str) -> Result:
    names = {f"PREVENDA_{name.upper()}": value for name, value in {"database_url": url, **env}.items()}
    return CliRunner().invoke(main, args, env=names)


@pytest.fixture
def executar(engine: sa.Engine) -> Callable[..., None]:
    """Change the database as WinThor or its DBA would."""

    def run(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    return run


@pytest.fixture
def acertar_relogio(engine: sa.Engine) -> None:
    """Put the server's clock on the zone of the ERP: WinThor's database would be there."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET timezone = '{FUSO}'")


@pytest.fixture
def examinar(database_url: str) -> Callable[..., Achados]:
    """The findings of the command, by check."""

    def run(*args: str, **env: str) -> Achados:
        result = prevenda(database_url, "doctor", "--json", *args, **env)
        linhas = json.loads(result.stdout)
        achados = {linha["conferencia"]: (linha["situacao"], linha["detalhe"]) for linha in linhas}
        assert len(achados) == len(linhas)
        assert result.exit_code == (1 if ERRO in {situacao for situacao, _ in achados.values()} else 0)
        return achados

    return run


def ruins(achados: Achados) -> Achados:
    """The findings that are not OK; the clock's, the sweep's and the instance's, which are tested apart, left out."""
    a_parte = ("relógio", "operação", "parâmetros da instância")
    return {nome: achado for nome, achado in achados.items() if achado[0] != OK and not nome.startswith(a_parte)}


# --- a good database


@SO_DOIS
def test_a_good_database(
    database_url: str, engine: sa.Engine, acertar_relogio: None, examinar: Callable[..., Achados]
) -> None:
    assert prevenda(database_url, "reservas", "expirar").exit_code == 0
    achados = examinar()
    assert {nome for nome, (situacao, _) in achados.items() if situacao != OK} == set()
    assert achados["banco"] == (OK, f"responde ({engine.dialect.name})")
    quantas = len(catalogo.tabelas_usadas())
    assert achados["tabelas"] == (OK, f"{quantas} com as colunas e as larguras esperadas")
    assert ("concessões" in achados) == (engine.dialect.name != "sqlite")
    assert achados["CGCENT"] == (OK, "todas as formas são achadas")
    assert achados["consumidor final, filial 1"] == (OK, "cliente 1")
    assert achados["relógio"][1].startswith(f"o do banco e o de {FUSO} diferem ")
    assert achados["conciliação"] == (OK, "QTRESERV confere com os pedidos em 0 linha(s) de amostra")


def test_each_parameter_with_its_value_its_origin_and_what_happens_without_it(
    executar: Callable[..., None], examinar: Callable[..., Achados]
) -> None:
    executar("INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES ('CODATVCIASHOP', '2', '7')")
    achados = examinar("--filial", "2")
    sem_cliente = "sem valor: cliente novo fica"
    assert {nome: achado for nome, achado in achados.items() if nome.startswith("parâmetro ")} == {
        "parâmetro 4011, filial 2": (OK, f"CODPRACACIASHOP = 1 (padrão); {sem_cliente} na praça 1"),
        "parâmetro 4012, filial 2": (
            OK,
            "CODRCACIASHOP = 8 (filial 99); sem valor: pré-venda sem vendedor e sem operador é recusada "
            "(PARAMETRO_AUSENTE)",
        ),
        "parâmetro 4013, filial 2": (OK, f"CODATVCIASHOP = 7 (filial 2); {sem_cliente} na atividade 1"),
        "parâmetro 4532, filial 2": (
            OK,
            "ALTERACLIAUTOECOMMERCE = S (padrão); sem valor: conta como Sim: o pagamento atualiza o cliente",
        ),
        "parâmetro 4585, filial 2": (OK, f"CODCNAEECOMMERCE = 4729-6/99 (padrão); {sem_cliente} com o CNAE 4729-6/99"),
        "parâmetro 4672, filial 2": (OK, "VALIDACEPAPI = S (padrão); sem valor: conta como Sim: o CEP é validado"),
        "parâmetro 4680, filial 2": (
            OK,
            "BUSCAPRACAAPI = N (padrão); sem valor: conta como Não: a praça vem do parâmetro 4011",
        ),
    }


@SO_DOIS
def test_the_lines_for_people(database_url: str, executar: Callable[..., None]) -> None:
    executar("DROP TABLE PCCOB")
    result = prevenda(database_url, "doctor", "--filial", "1", "--filial", "2")
    assert result.exit_code == 1
    linhas = result.stdout.splitlines()
    assert "erro   tabela PCCOB: não existe ou não pode ser lida" in linhas
    assert "ok     consumidor final, filial 1: cliente 1" in linhas
    assert "ok     consumidor final, filial 2: cliente 1" in linhas
    # What needs somebody stands at the end, above the sum.
    *situacoes, _ = [linha.split()[0] for linha in linhas]
    assert sorted(situacoes, key=["ok", "aviso", "erro"].index) == situacoes
    soma = [situacoes.count(situacao) for situacao in ("ok", "aviso", "erro")]
    found = re.fullmatch(r"(\d+) ok, (\d+) avisos?, (\d+) erros?\. Filiais examinadas: 1, 2\.", linhas[-1])
    assert found is not None
    assert [int(n) for n in found.groups()] == soma


def test_every_branch_is_examined_unless_some_are_named(
    database_url: str, examinar: Callable[..., Achados], executar: Callable[..., None]
) -> None:
    executar("INSERT INTO PCFILIAL (CODIGO, RAZAOSOCIAL) VALUES ('99', 'todas')")

    def examinadas(*args: str) -> list[str]:
        achados = examinar(*args)
        return [nome.removeprefix("parâmetro 4012, filial ") for nome in achados if nome.startswith("parâmetro 4012")]

    assert examinadas() == ["1", "2", "10"]
    assert examinadas("--filial", "10") == ["10"]
    assert prevenda(database_url, "doctor").stdout.splitlines()[-1].endswith("Filiais examinadas: 1, 2, 10.")


@SO_DOIS
def test_no_branch_at_all(examinar: Callable[..., Achados], executar: Callable[..., None]) -> None:
    executar("DROP TABLE PCFILIAL")
    assert examinar()["filiais"][0] == ERRO


@pytest.mark.parametrize(
    ("chave", "achado"),
    [
        ("", (AVISO, "não está definida: prevenda serve não inicia sem ela")),
        ("troque-esta-chave-antes-de-usar-0123456789", (ERRO, "parece um exemplo: prevenda serve não inicia com ela")),
        ("0R7-hVnJ2kq9Xw4ZtYb6Lc8DfGs1AaEeUuIiOoPp", None),
    ],
)
def test_the_key_that_only_serve_needs(
    chave: str, achado: tuple[str, str] | None, examinar: Callable[..., Achados], executar: Callable[..., None]
) -> None:
    executar("UPDATE GW_CONFIG SET VALOR = 'N' WHERE CHAVE = 'DEMO'")
    assert examinar(jwt_chave=chave).get("PREVENDA_JWT_CHAVE") == achado


@SO_DOIS
def test_it_only_reads(engine: sa.Engine, examinar: Callable[..., Achados]) -> None:
    def fotografia() -> dict[str, list[sa.Row[tuple[object, ...]]]]:
        metadata = sa.MetaData()
        metadata.reflect(engine)
        with engine.connect() as connection:
            return {nome: list(connection.execute(sa.select(t)).all()) for nome, t in metadata.tables.items()}

    antes = fotografia()
    examinar("--filial", "1", "--filial", "77")
    assert fotografia() == antes


def test_a_database_that_does_not_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    pasta = tmp_path_factory.mktemp("vazia")
    result = prevenda(f"sqlite:///{pasta}/nada/x.db", "doctor", jwt_chave="k" * 32)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"O banco de dados não respondeu: {pasta}/nada/x.db não existe; ")


def test_wrong_settings_are_wrong_usage(database_url: str) -> None:
    result = prevenda(database_url, "doctor", cep_desconhecido="talvez")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "PREVENDA_CEP_DESCONHECIDO" in result.stderr


# --- planted faults: statements -> check -> finding

TABELA = "não existe ou não pode ser lida"
NAS_TABELAS: dict[str, tuple[list[str], Achados]] = {
    "a table that is missing": (["DROP TABLE PCVENDACONSUM"], {"tabela PCVENDACONSUM": (ERRO, TABELA)}),
    "a mapped column that is missing": (
        ["ALTER TABLE PCCLIENT DROP COLUMN COMPLEMENTOENT", "ALTER TABLE PCCLIENT DROP COLUMN RG"],
        {"tabela PCCLIENT": (ERRO, "faltam as colunas COMPLEMENTOENT")},
    ),
    "a column without a map that is missing": (
        ["ALTER TABLE PCPEDC DROP COLUMN CODFUNCCANCEL"],
        {"tabela PCPEDC": (ERRO, "faltam as colunas CODFUNCCANCEL")},
    ),
    "a narrower column": (
        ["ALTER TABLE PCCLIENT DROP COLUMN BAIRROENT", "ALTER TABLE PCCLIENT ADD COLUMN BAIRROENT VARCHAR(20)"],
        {
            "larguras de PCCLIENT": (
                AVISO,
                "mais estreitas que o esperado, os textos são aparados: BAIRROENT (20, esperado 40)",
            )
        },
    ),
    "an obligatory column that nobody fills": (
        ["ALTER TABLE PCPEDC ADD COLUMN CODREDE INTEGER NOT NULL"],
        {
            "obrigatórias de PCPEDC": (
                ERRO,
                "NOT NULL sem mapa nem padrão: CODREDE; inclua em mappings/, se um gatilho não as preenche",
            )
        },
    ),
    "an obligatory column whose map may leave it empty": (
        [
            "ALTER TABLE PCCLIENT DROP COLUMN COMPLEMENTOENT",
            "ALTER TABLE PCCLIENT ADD COLUMN COMPLEMENTOENT VARCHAR(80) DEFAULT 'x' NOT NULL",
        ],
        {
            "obrigatórias mapeadas de PCCLIENT": (
                AVISO,
                "NOT NULL neste banco e sem default no mapa: COMPLEMENTOENT; sem valor, a gravação é recusada",
            )
        },
    ),
    "a number with fewer digits": (
        ["ALTER TABLE PCPEDC DROP COLUMN TOTPESO", "ALTER TABLE PCPEDC ADD COLUMN TOTPESO NUMERIC(10, 3)"],
        {"dígitos de PCPEDC": (AVISO, "menos que o esperado: TOTPESO (10,3, esperado 18,6)")},
    ),
}
NOS_DADOS: dict[str, tuple[list[str], Achados]] = {
    "a consumidor final that does not exist": (
        ["UPDATE PCFILIAL SET CODCLICONSUMIDOR = 77 WHERE CODIGO = '1'"],
        {"consumidor final, filial 1": (ERRO, "o cliente 77 não existe")},
    ),
    "a consumidor final of the company that is excluded": (
        ["UPDATE PCFILIAL SET CODCLICONSUMIDOR = NULL", "UPDATE PCCONSUM SET CODCLICONSUMIDOR = 22"],
        {"consumidor final, filial 1": (ERRO, "o cliente 22 está excluído")},
    ),
    "a consumidor final that is blocked": (
        ["UPDATE PCCLIENT SET BLOQUEIO = 'S' WHERE CODCLI = 1"],
        {"consumidor final, filial 1": (ERRO, "o cliente 1 está bloqueado")},
    ),
    "documents in other forms": (
        [
            "UPDATE PCCLIENT SET CGCENT = '11222333/000181' WHERE CODCLI = 20",
            "UPDATE PCCLIENT SET CGCENT = '529 982 247 25' WHERE CODCLI = 21",
            "UPDATE PCCLIENT SET CGCENT = '11 222 333 0001 81' WHERE CODCLI = 22",
            "UPDATE PCCLIENT SET CGCENT = '529.982.247-25' WHERE CODCLI = 1",
        ],
        {
            "CGCENT": (
                AVISO,
                "2 cliente(s) com CGCENT em outra forma; não são achados sem PREVENDA_CGCENT_NORMALIZADO=S",
            )
        },
    ),
    "drift": (
        ["UPDATE PCEST SET QTRESERV = 5 WHERE CODPROD = 1 AND CODFILIAL = '1'"],
        {
            "conciliação": (
                AVISO,
                "1 de 1 linha(s) de amostra divergem dos pedidos (a maior, filial 1 produto 1: 5 em vez de 0): "
                "rode prevenda conciliar",
            )
        },
    ),
    "counters at their end": (
        [
            "UPDATE PCUSUARI SET PROXNUMPED = 2000000 WHERE CODUSUR = 1",
            "UPDATE PCUSUARI SET PROXNUMPED = 2999000 WHERE CODUSUR = 2",
            "UPDATE PCCONSUM SET PROXNUMCLI = 990000",
        ],
        {
            "contador de pedidos, RCA 1": (ERRO, "esgotado: NUMERACAO_ESGOTADA"),
            "contador de pedidos, RCA 2": (AVISO, "restam 1000 números"),
            "contador de clientes": (AVISO, "restam 9999 números"),
        },
    ),
    "counters that are not one": (
        ["DELETE FROM PCCONSUM"],
        {"contador de clientes": (ERRO, "PCCONSUM não tem exatamente uma linha")},
    ),
    "a parameter without a value": (
        ["DELETE FROM PCPARAMFILIAL"],
        {
            "parâmetro 4012, filial 1": (
                AVISO,
                "sem valor: pré-venda sem vendedor e sem operador é recusada (PARAMETRO_AUSENTE)",
            )
        },
    ),
    "a parameter that is no number": (
        ["UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = 'SE' WHERE ID = 4011"],
        {
            "parâmetro 4011, filial 1": (
                AVISO,
                "CODPRACACIASHOP = SE (padrão) não é um número e conta como sem valor: cliente novo fica na praça 1",
            )
        },
    ),
}


@SO_DOIS
@pytest.mark.parametrize("falta", NAS_TABELAS)
def test_a_fault_of_the_tables_is_found_and_nothing_else(
    executar: Callable[..., None], examinar: Callable[..., Achados], falta: str
) -> None:
    statements, esperado = NAS_TABELAS[falta]
    executar(*statements)
    assert ruins(examinar("--filial", "1")) == esperado


@pytest.mark.parametrize("falta", NOS_DADOS)
def test_a_fault_of_the_rows_is_found_and_nothing_else(
    executar: Callable[..., None], examinar: Callable[..., Achados], falta: str
) -> None:
    statements, esperado = NOS_DADOS[falta]
    executar(*statements)
    assert ruins(examinar("--filial", "1")) == esperado


def test_an_unknown_branch(examinar: Callable[..., Achados]) -> None:
    achados = examinar("--filial", "77")
    assert ruins(achados) == {"filial 77": (ERRO, "não existe em PCFILIAL")}
    assert not any("filial 77" in nome for nome in achados if nome != "filial 77")


@pytest.mark.parametrize(
    ("configuracao", "esperado"),
    [
        (
            {"filiais_da_loja": "1=1,10,77;88=2,1", "lojas_auto": "1,10"},
            {
                "PREVENDA_FILIAIS_DA_LOJA": (AVISO, "não existe em PCFILIAL, e é ignorada: filial 77, 88"),
                "PREVENDA_LOJAS_AUTO": (OK, "existe em PCFILIAL: filial 1, 10"),
                "lojas com AUTO": (
                    AVISO,
                    "sem lista em PREVENDA_FILIAIS_DA_LOJA, AUTO só pode escolher a própria: loja 10",
                ),
            },
        ),
        (
            {"filiais_da_loja": "1=1,10", "lojas_auto": "01,1"},
            {
                "PREVENDA_FILIAIS_DA_LOJA": (OK, "existe em PCFILIAL: filial 1, 10"),
                "PREVENDA_LOJAS_AUTO": (AVISO, "não existe em PCFILIAL, e é ignorada: filial 01"),
            },
        ),
        (
            {"filiais_da_loja": "1=1,10,2", "filiais_entrega": "10,X"},
            {
                "PREVENDA_FILIAIS_DA_LOJA": (OK, "existe em PCFILIAL: filial 1, 10, 2"),
                "PREVENDA_FILIAIS_ENTREGA": (AVISO, "não existe em PCFILIAL, e é ignorada: filial X"),
                "filiais da loja 1": (AVISO, "fora de PREVENDA_FILIAIS_ENTREGA, e por isso ignorada: filial 2"),
            },
        ),
        (
            {"filiais_sem_estoque": "5", "dias_pagamento": "D=3;1=3,6=2"},
            {
                "PREVENDA_FILIAIS_SEM_ESTOQUE": (AVISO, "não existe em PCFILIAL, e é ignorada: filial 5"),
                "PREVENDA_DIAS_PAGAMENTO": (AVISO, "não existe em PCFILIAL, e é ignorada: filial 6"),
            },
        ),
        ({"dias_pagamento": "D=3,1=3"}, {"PREVENDA_DIAS_PAGAMENTO": (OK, "existe em PCFILIAL: filial 1")}),
    ],
)
def test_branches_that_a_setting_names(
    configuracao: dict[str, str], esperado: Achados, examinar: Callable[..., Achados]
) -> None:
    sem, com = examinar("--filial", "1"), examinar("--filial", "1", **configuracao)
    novas = {nome: achado for nome, achado in com.items() if nome not in sem}
    assert novas == esperado


@SO_DOIS
def test_a_missing_table_does_not_hide_the_other_findings(
    executar: Callable[..., None], examinar: Callable[..., Achados]
) -> None:
    executar("DROP TABLE PCPARAMFILIAL", "UPDATE PCFILIAL SET CODCLICONSUMIDOR = 77 WHERE CODIGO = '1'")
    achados = ruins(examinar())
    assert {nome: situacao for nome, (situacao, _) in achados.items()} == {
        "tabela PCPARAMFILIAL": ERRO,
        "parâmetros": ERRO,
        "retenção de estoque": ERRO,
        "consumidor final, filial 1": ERRO,
        "conciliação": ERRO,
    }
    assert achados["parâmetros"][1].startswith("não pôde ser conferido (")


def test_documents_in_other_forms_do_not_matter_where_they_are_compared_normalised(
    executar: Callable[..., None], examinar: Callable[..., Achados]
) -> None:
    executar("UPDATE PCCLIENT SET CGCENT = '11222333/000181' WHERE CODCLI = 20")
    assert examinar(cgcent_normalizado="S")["CGCENT"] == (OK, "todas as formas são achadas")


def test_documents_that_the_indexed_search_finds_are_not_counted(
    executar: Callable[..., None], examinar: Callable[..., Achados]
) -> None:
    formas = {20: "11.222.333/0001-81", 21: "52998224725", 1: "12ABC34501DE35"}
    executar(*[f"UPDATE PCCLIENT SET CGCENT = '{forma}' WHERE CODCLI = {codigo}" for codigo, forma in formas.items()])  # noqa: S608
    assert examinar()["CGCENT"][0] == OK
    executar("UPDATE PCCLIENT SET CGCENT = '12abc34501de35' WHERE CODCLI = 1")
    assert examinar()["CGCENT"][1].startswith("1 cliente(s) ")


# --- clock, sweep, pending operations


def relogio_de(url: str, **adianta: float) -> tuple[str, str]:
    """What the doctor says of the clock when ours is ahead by so much."""
    gw = build_gateway(Settings(database_url=url), clock=lambda: dt.datetime.now(dt.UTC) + dt.timedelta(**adianta))
    try:
        (achado,) = [a for a in doutor.examinar(gw, ["1"]) if a.conferencia == "relógio"]
    finally:
        gw.db.engine.dispose()
    return achado.situacao, achado.detalhe


@SO_DOIS
def test_a_clock_that_differs_is_told(database_url: str, acertar_relogio: None) -> None:
    assert relogio_de(database_url)[0] == OK
    for minutos in (10, -10):
        situacao, detalhe = relogio_de(database_url, minutes=minutos)
        assert situacao == AVISO
        texto, segundos, s = detalhe.rsplit(" ", 2)
        assert (texto, s) == (f"o do banco e o de PREVENDA_FUSO ({FUSO}) diferem", "s")
        assert 540 < int(segundos) < 660


def test_a_database_in_another_zone_is_told(postgresql: sa.Engine) -> None:
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {postgresql.url.database} SET timezone = 'America/Manaus'")
    situacao, detalhe = relogio_de(postgresql.url.render_as_string(hide_password=False))
    assert situacao == AVISO
    assert 3540 < int(detalhe.split()[-2]) < 3660


def test_that_no_sweep_has_run_is_told_until_one_runs(database_url: str, examinar: Callable[..., Achados]) -> None:
    como = "ligue PREVENDA_VARREDURA ou agende prevenda reservas expirar."
    texto = f"Nenhuma varredura de reservas vencidas em um dia: {como}"
    assert examinar()["operação"] == (AVISO, texto)
    assert prevenda(database_url, "reservas", "expirar").exit_code == 0
    assert "operação" not in examinar()


def test_operations_left_pending_are_told(
    engine: sa.Engine, database_url: str, examinar: Callable[..., Achados]
) -> None:
    assert prevenda(database_url, "reservas", "expirar").exit_code == 0
    ontem = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=1)
    pendente = {"ID": "0" * 32, "OPERACAO": "I", "ESTADO": "P", "DTINICIO": ontem, "DTLIMITE": ontem}
    with engine.begin() as connection:
        connection.execute(sa.insert(GW_OPERACAO), [pendente])
    achados = examinar()
    assert achados["operação"] == (AVISO, "1 operação(ões) pendente(s) além do prazo: rode prevenda log recuperar.")


# --- indexes


def test_the_indexes_that_adoption_needs(examinar: Callable[..., Achados]) -> None:
    achados = examinar()
    assert {nome: achado for nome, achado in achados.items() if nome.startswith("índice")} == {
        "índice de PCPEDC por NUMPEDHUBE": (
            OK,
            "cada pré-venda nova é procurada nos pedidos de outro serviço antes de reservar",
        ),
        "índice de PCPEDC por DATA": (OK, "a rotina de adoção lê só os dias desde a última"),
        "índice de PCPEDC por POSICAO": (OK, "o que retém estoque é lido sem percorrer o histórico"),
        "índice de PCPEDC por NUMPEDENTFUT": (OK, "o que retém estoque é lido sem percorrer o histórico"),
        "índice de PCPEDI por CODPROD": (OK, "quem retém um produto é lido sem percorrer o histórico"),
        "índice de PCCLIENT por CGCENT": (OK, "o cliente é achado pelo documento sem percorrer PCCLIENT"),
    }


@SO_DOIS
def test_without_them_it_says_what_happens_and_how_to_make_them(
    executar: Callable[..., None], examinar: Callable[..., Achados]
) -> None:
    executar("DROP INDEX PCPEDC_NUMPEDHUBE_IX", "DROP INDEX PCPEDC_DATA_IX")
    executar("DROP INDEX PCPEDC_POSICAO_IX", "DROP INDEX PCPEDC_NUMPEDENTFUT_IX")
    executar("DROP INDEX PCPEDI_CODPROD_IX", "DROP INDEX PCCLIENT_CGCENT_IX")
    achados = ruins(examinar())
    assert achados == {
        "índice de PCPEDC por NUMPEDHUBE": (
            AVISO,
            "não há: nenhuma venda procura um pedido de outro serviço com o mesmo número, que só se conhece pela "
            "rotina de adoção (PREVENDA_VARREDURA) ou por prevenda reservas adotar; para criar: "
            "CREATE INDEX PCPEDC_NUMPEDHUBE_IX ON PCPEDC (NUMPEDHUBE, CODFILIAL)",
        ),
        "índice de PCPEDC por DATA": (
            AVISO,
            "não há: a rotina de adoção não roda, porque leria todos os pedidos a cada vez; agende prevenda reservas "
            "adotar; para criar: CREATE INDEX PCPEDC_DATA_IX ON PCPEDC (DATA)",
        ),
        "índice de PCPEDC por POSICAO": (
            AVISO,
            "não há: a conciliação, a página de estoque e o assentamento percorrem todos os pedidos do WinThor; para "
            "criar: CREATE INDEX PCPEDC_POSICAO_IX ON PCPEDC (POSICAO, NUMPED)",
        ),
        "índice de PCPEDC por NUMPEDENTFUT": (
            AVISO,
            "não há: cada venda futura (CONDVENDA 7) em aberto percorre todos os pedidos à procura das suas entregas; "
            "para criar: CREATE INDEX PCPEDC_NUMPEDENTFUT_IX ON PCPEDC (NUMPEDENTFUT)",
        ),
        "índice de PCPEDI por CODPROD": (
            AVISO,
            "não há: a página de um produto, que diz quem o retém, e as buscas por produto percorrem as linhas de "
            "todos os pedidos do WinThor; para criar: CREATE INDEX PCPEDI_CODPROD_IX ON PCPEDI (CODPROD)",
        ),
        "índice de PCCLIENT por CGCENT": (
            AVISO,
            "não há: cada pré-venda com CPF/CNPJ percorre todos os clientes, e a de um cliente novo outra vez com "
            "PCCONSUM travada; para criar: CREATE INDEX PCCLIENT_CGCENT_IX ON PCCLIENT (CGCENT)",
        ),
    }
    for _, (_, detalhe) in achados.items():
        executar(detalhe.partition("para criar: ")[2])
    assert ruins(examinar()) == {}


@SO_DOIS
def test_the_index_of_the_search_without_mask(
    executar: Callable[..., None], examinar: Callable[..., Achados], engine: sa.Engine
) -> None:
    """Only where the setting is on, and only one on the very expression is found by the search."""
    nome = "índice de PCCLIENT por CGCENT sem máscara"
    assert nome not in examinar()
    executar("CREATE INDEX OUTRO_IX ON PCCLIENT (UPPER(CGCENT))")
    situacao, detalhe = examinar(cgcent_normalizado="S")[nome]
    assert situacao == AVISO
    assert "com PCCONSUM travada" in detalhe
    executar(detalhe.partition("para criar: ")[2])
    achados = examinar(cgcent_normalizado="S")
    assert achados[nome] == (OK, "o cliente é achado pelo documento sem máscara sem percorrer PCCLIENT")
    assert "índice de PCCLIENT por CGCENT" not in achados


def test_the_proposed_expression_is_the_one_that_is_searched() -> None:
    busca = clientes.SEM_MASCARA.compile(dialect=oracledb.dialect())  # type: ignore[no-untyped-call]
    assert str(busca).replace('"', "").upper().replace("PCCLIENT.", "") == indices.SEM_MASCARA


def test_how_long_the_sum_takes(examinar: Callable[..., Achados]) -> None:
    situacao, detalhe = examinar()["soma dos pedidos vivos"]
    assert situacao == OK
    assert re.fullmatch(r"levou \d\.\d s; a página da conciliação tem 20 s \(PREVENDA_LIMITE_RELATORIO_S\)", detalhe)
