"""The ``prevenda`` command: what it prints and with which code it ends (0 done, 1 refused or failed, 2 wrong usage)."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.banco import create_demo_database, update_demo_database
from app.settings import from_env
from app.winthor.esquema.gateway_tables import gateway
from app.winthor.esquema.tables import winthor
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA
from tests.support.servers import PREVENDA, ambiente, porta_livre

SCRIPTS = [script.stem for script in sorted((Path(__file__).parents[2] / "sql" / "gateway").glob("0*.sql"))]
MAPPINGS = Path(__file__).parents[2] / "mappings"
DEMONSTRACAO_CRIADA = "Banco de demonstração criado.\n"
JA_EXISTIA = "O banco de demonstração já existia; nada foi mudado.\n"


def prevenda(*args: str, **env: str) -> Result:
    """Run a command with ``PREVENDA_<NAME>`` settings."""
    return CliRunner().invoke(main, args, env={f"PREVENDA_{name.upper()}": value for name, value in env.items()})


def url(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def tabelas(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return {name.upper() for name in sa.inspect(connection).get_table_names()}


# --- db


def test_create_demo_in_an_empty_database(empty_engine: sa.Engine) -> None:
    result = prevenda("db", "create", "--demo", database_url=url(empty_engine))
    assert (result.exit_code, result.output) == (0, DEMONSTRACAO_CRIADA)
    assert tabelas(empty_engine) == {*winthor.tables, *gateway.tables}


def test_create_demo_again_changes_nothing(engine: sa.Engine) -> None:
    result = prevenda("db", "create", "--demo", database_url=url(engine))
    assert (result.exit_code, result.output) == (0, JA_EXISTIA)


def test_create_demo_makes_the_folder(tmp_path: Path) -> None:
    arquivo = tmp_path / "a" / "b" / "demo.db"
    assert prevenda("db", "create", "--demo", database_url=f"sqlite:///{arquivo}").exit_code == 0
    assert arquivo.exists()


def test_create_demo_refuses_somebody_elses_winthor(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE PCPEDC (NUMPED INTEGER)"))
    result = prevenda("db", "create", "--demo", database_url=url(empty_engine))
    assert result.exit_code == 1
    assert "1: PCPEDC" in result.stderr
    assert "Nada foi alterado." in result.stderr
    assert tabelas(empty_engine) == {"PCPEDC"}


def test_create_needs_to_be_told_what(tmp_path: Path) -> None:
    result = prevenda("db", "create", database_url=f"sqlite:///{tmp_path / 'x.db'}")
    assert result.exit_code == 2
    assert not (tmp_path / "x.db").exists()


def test_create_demo_in_json(empty_engine: sa.Engine) -> None:
    for criado in (True, False):
        result = prevenda("db", "create", "--demo", "--json", database_url=url(empty_engine))
        assert json.loads(result.output) == {"simulado": False, "criado": criado}


def test_create_demo_simulated_changes_nothing(empty_engine: sa.Engine) -> None:
    result = prevenda("db", "create", "--demo", "--simular", database_url=url(empty_engine))
    assert (result.exit_code, result.output) == (0, "O banco de demonstração seria criado.\n")
    assert tabelas(empty_engine) == set()


def test_create_demo_simulated_makes_no_file(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'pasta' / 'x.db'}"
    result = prevenda("db", "create", "--demo", "--simular", "--json", database_url=address)
    assert json.loads(result.output) == {"simulado": True, "criado": True}
    assert list(tmp_path.iterdir()) == []


def test_a_demo_of_an_older_version_is_brought_up_to_date(empty_engine: sa.Engine) -> None:
    settings = from_env({"PREVENDA_DATABASE_URL": url(empty_engine)})
    assert create_demo_database(settings)
    with empty_engine.begin() as connection:
        connection.execute(sa.text("UPDATE GW_CONFIG SET VALOR = '1' WHERE CHAVE = 'VERSAO'"))
        connection.execute(sa.text("ALTER TABLE GW_OPERACAO DROP COLUMN EFEITO"))
    assert update_demo_database(settings) == SCRIPTS[1:]
    assert update_demo_database(settings) == []
    with empty_engine.connect() as connection:
        assert connection.execute(sa.text("SELECT EFEITO FROM GW_OPERACAO")).all() == []


def test_what_is_no_demo_is_not_brought_up_to_date(empty_engine: sa.Engine) -> None:
    assert update_demo_database(from_env({"PREVENDA_DATABASE_URL": url(empty_engine)})) == []
    assert tabelas(empty_engine) == set()


def test_install_creates_only_the_gateways_tables(empty_engine: sa.Engine) -> None:
    with empty_engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE PCPEDC (NUMPED INTEGER)"))
    result = prevenda("db", "install", database_url=url(empty_engine))
    assert (result.exit_code, result.output) == (0, f"Aplicados: {', '.join(SCRIPTS)}\n")
    assert tabelas(empty_engine) == {"PCPEDC", *gateway.tables}


def test_install_again_does_nothing(engine: sa.Engine) -> None:
    result = prevenda("db", "install", database_url=url(engine))
    assert (result.exit_code, result.output) == (0, "As tabelas GW_ estão em dia.\n")


def test_install_simulated_changes_nothing(empty_engine: sa.Engine) -> None:
    result = prevenda("db", "install", "--simular", database_url=url(empty_engine))
    assert (result.exit_code, result.output) == (0, f"Seriam aplicados: {', '.join(SCRIPTS)}\n")
    assert tabelas(empty_engine) == set()


def test_install_in_json(empty_engine: sa.Engine) -> None:
    result = prevenda("db", "install", "--json", database_url=url(empty_engine))
    assert json.loads(result.output) == {"simulado": False, "scripts": SCRIPTS}


# --- mapeamentos


def test_good_maps(tmp_path: Path) -> None:
    result = prevenda("mapeamentos", "verificar")
    assert (result.exit_code, result.output) == (0, "Mapas corretos.\n")
    result = prevenda("mapeamentos", "verificar", "--json")
    assert json.loads(result.output) == {"ok": True, "problemas": []}


@pytest.fixture
def mapas_errados(tmp_path: Path) -> str:
    """A folder with two faults in different files."""
    pasta = tmp_path / "mapas"
    shutil.copytree(MAPPINGS, pasta)
    (pasta / "pcpedi.toml").unlink()
    arquivo = pasta / "pcpedc.toml"
    arquivo.write_text(arquivo.read_text("utf-8").replace("[columns]", '[columns]\nNAOEXISTE = { json = "numero" }'))
    return str(pasta)


def test_all_problems_of_wrong_maps(mapas_errados: str) -> None:
    result = prevenda("mapeamentos", "verificar", mapeamentos=mapas_errados)
    assert result.exit_code == 1
    linhas = result.stderr.splitlines()
    assert any(linha.startswith("pcpedc.toml: NAOEXISTE: ") for linha in linhas)
    assert "pcpedi.toml: -: falta o mapa da tabela PCPEDI" in linhas
    assert result.stdout == f"{len(linhas)} problema(s).\n"


def test_wrong_maps_in_json(mapas_errados: str) -> None:
    result = prevenda("mapeamentos", "verificar", "--json", mapeamentos=mapas_errados)
    answer = json.loads(result.output)
    assert (result.exit_code, answer["ok"]) == (1, False)
    assert len(answer["problemas"]) >= 2


def test_wrong_maps_are_not_shown(mapas_errados: str) -> None:
    result = prevenda("mapeamentos", "mostrar", mapeamentos=mapas_errados)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NAOEXISTE" in result.stderr


def test_absent_folder_of_maps(tmp_path: Path) -> None:
    result = prevenda("mapeamentos", "verificar", mapeamentos=str(tmp_path / "nada"))
    assert result.exit_code == 1
    assert "pcpedc.toml: -: falta o mapa da tabela PCPEDC" in result.stderr


def test_maps_as_a_table() -> None:
    result = prevenda("mapeamentos", "mostrar")
    assert result.exit_code == 0
    (linha,) = [linha for linha in result.output.splitlines() if "NUMPEDHUBE" in linha]
    assert "numero" in linha
    assert "PCPEDC" in linha


def test_maps_in_json() -> None:
    rows = json.loads(prevenda("mapeamentos", "mostrar", "--json").output)
    (row,) = [row for row in rows if row["coluna"] == "NUMPEDHUBE"]
    assert (row["origem"], row["tabela"], row["tipo"]) == ("numero", "PCPEDC", "VARCHAR2(50)")


# --- settings and databases that are wrong

COMANDOS = [
    ("demo",),
    ("serve",),
    ("db", "create", "--demo"),
    ("db", "install"),
    ("mapeamentos", "verificar"),
    ("mapeamentos", "mostrar"),
    ("log", "recuperar"),
]


@pytest.mark.parametrize("comando", COMANDOS, ids=" ".join)
def test_wrong_settings_are_all_told(comando: tuple[str, ...]) -> None:
    result = prevenda(*comando, port="oitenta", pool="0", prazo="1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "PREVENDA_PRAZO: configuração desconhecida",
        "PREVENDA_PORT: não é um número inteiro",
        "PREVENDA_POOL: deve ficar entre 1 e 200",
    ]


@pytest.mark.parametrize("comando", [("serve",), ("db", "install"), ("log", "recuperar")], ids=" ".join)
def test_a_database_that_does_not_answer(comando: tuple[str, ...]) -> None:
    address = f"postgresql+psycopg://u:segredo@127.0.0.1:{porta_livre()}/db"
    result = prevenda(*comando, database_url=address)
    assert result.exit_code == 1
    assert result.stderr == (
        "O banco de dados não respondeu (OperationalError): ninguém atende nesse servidor e porta. "
        f"Tentado: {address.replace('u:segredo@', '')} (PREVENDA_DATABASE_URL).\n"
    )


def test_serve_needs_a_key_outside_the_demo(sqlite_empty: sa.Engine) -> None:
    prevenda("db", "install", database_url=url(sqlite_empty))
    result = prevenda("serve", database_url=url(sqlite_empty))
    assert (result.exit_code, result.stderr) == (
        2,
        "PREVENDA_JWT_CHAVE: obrigatória fora da demonstração; para sortear uma: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'\n",
    )


@pytest.mark.parametrize(
    "comando",
    [
        ("doctor",),
        ("log", "recuperar"),
        ("log", "limpar"),
        ("log", "anonimizar"),
        ("reservas", "expirar"),
        ("reservas", "adotar"),
        ("conciliar",),
        ("credenciais", "listar"),
        ("credenciais", "criar", "caixa", "--filiais", "1"),
        ("db", "install"),
    ],
    ids=" ".join,
)
def test_nothing_but_serve_needs_the_key(comando: tuple[str, ...], sqlite_engine: sa.Engine) -> None:
    """What cron runs; a key that is no key is told where it is used."""
    with sqlite_engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM GW_CONFIG WHERE CHAVE IN ('DEMO', 'JWT_CHAVE')"))
    for env in ({}, {"jwt_chave": "troque-esta-chave-antes-de-usar-0123456789"}):
        result = prevenda(*comando, database_url=url(sqlite_engine), **env)
        assert result.exit_code in {0, 1}
        assert "PREVENDA_JWT_CHAVE" not in result.stderr


def test_help_and_version() -> None:
    assert prevenda("--help").exit_code == 0
    assert re.fullmatch(r"prevenda \d+\.\d+\.\d+\n", prevenda("--version").output)


# --- prevenda demo, as a person starts it


class Processo:
    """``prevenda demo`` in a folder of its own."""

    def __init__(self, pasta: Path, *comando: str, **env: str) -> None:
        self.inicio = time.monotonic()
        self.process = subprocess.Popen(
            [*PREVENDA, *(comando or ("demo",))],
            cwd=pasta,
            env=ambiente(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def esperar(self) -> tuple[str, str]:
        """Everything it prints until the end of the banner, and the address it listens on."""
        assert self.process.stdout
        linhas = []
        for linha in self.process.stdout:
            linhas.append(linha)
            if linha.rstrip().endswith("}'"):
                texto = "".join(linhas)
                return texto, re.search(r"http://[\w.:]+", texto)[0]  # type: ignore[index]
        raise AssertionError("".join(linhas) + self.terminar()[2])

    def terminar(self, sinal: int | None = None) -> tuple[int, str, str]:
        """Exit code and what else it printed, after the signal."""
        if sinal is not None:
            self.process.send_signal(sinal)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def pasta(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for processo in processos:
        processo.process.kill()
        processo.process.communicate()
    processos.clear()


processos: list[Processo] = []


def iniciar(pasta: Path, *comando: str, **env: str) -> Processo:
    processos.append(Processo(pasta, *comando, **{"port": "0", "dreno": "0", **env}))
    return processos[-1]


def enviar(address: str, corpo: dict[str, Any], **headers: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - loopback
        address, json.dumps(corpo).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


def entrar(base: str) -> str:
    token: str = enviar(base + LOGIN, {"login": "pdv1", "senha": "demo"})["accessToken"]
    return f"Bearer {token}"


def test_demo_starts_reserves_stops_and_keeps_its_data(pasta: Path) -> None:
    primeira = iniciar(pasta)
    texto, base = primeira.esperar()
    assert time.monotonic() - primeira.inicio < 10
    assert "Banco de demonstração criado: sqlite:///demo/prevenda.db" in texto
    assert "pdv1 (filial 1)" in texto
    answer = enviar(base + ROTA, pre_venda(), Authorization=entrar(base))
    assert (answer["success"], answer["idPedidoRetaguarda"]) == (True, 8_000_001)
    codigo, resto, erros = primeira.terminar(signal.SIGINT)
    assert (codigo, resto, "Traceback" in erros) == (0, "Gateway encerrado.\n", False)

    segunda = iniciar(pasta)
    texto, base = segunda.esperar()
    assert "criado" not in texto
    outra = enviar(base + ROTA, pre_venda(numero="PV-2"), Authorization=entrar(base))
    assert outra["idPedidoRetaguarda"] == 8_000_002
    assert segunda.terminar(signal.SIGTERM)[0] == 0


def test_demos_curl_works_as_printed(pasta: Path) -> None:
    demo = iniciar(pasta)
    texto, _ = demo.esperar()
    script = "TOKEN=" + texto.partition("TOKEN=")[2]
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20, check=True)
    answer = json.loads(result.stdout)
    assert (answer["message"], answer["data"]["total"]) == ("Pré-venda reservada: 8000001.", 240)
    assert demo.terminar(signal.SIGINT)[0] == 0


def test_port_in_use(pasta: Path) -> None:
    with socket.socket() as ocupada:
        ocupada.bind(("127.0.0.1", 0))
        ocupada.listen()
        porta = ocupada.getsockname()[1]
        codigo, _, erros = iniciar(pasta, port=str(porta)).terminar()
    assert codigo == 1
    assert f"Não foi possível escutar em 127.0.0.1:{porta}: outro programa já usa essa porta; escolha outra" in erros
    assert "Traceback" not in erros


def test_demo_refuses_somebody_elses_database(pasta: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{pasta / 'winthor.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE PCEST (CODPROD INTEGER)"))
    engine.dispose()
    codigo, _, erros = iniciar(pasta, database_url="sqlite:///winthor.db").terminar()
    assert codigo == 1
    assert "PCEST" in erros
    assert "Traceback" not in erros


def test_a_demo_s_file_is_its_owner_s_and_no_address_shows_its_password(tmp_path: Path) -> None:
    banco = tmp_path / "nova" / "demo.db"
    assert prevenda("db", "create", "--demo", database_url=f"sqlite:///{banco}").exit_code == 0
    modos = {arquivo.name: arquivo.stat().st_mode & 0o777 for arquivo in banco.parent.iterdir()}
    assert set(modos.values()) == {0o600}, modos
    com_senha = {
        "database_url": "postgresql+psycopg://u:s3gr3do@127.0.0.1:1/db",
        "login_totvs": "https://u:s3gr3do@totvs.example",
        "viacep_url": "https://u:s3gr3do@viacep.example/ws",
    }
    for formato in ((), ("--json",)):
        for nome, endereco in com_senha.items():
            result = prevenda("configuracao", *formato, **{nome: endereco})
            assert "s3gr3do" not in result.output, (nome, formato)
