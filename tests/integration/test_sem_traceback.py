"""No command shows a traceback to a person: addresses, folders, files, rights and ports that will not do.

What is told is one line or a few, in Portuguese, with an exit code; a password never stands in it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.cli import banco, main, mapas
from app.winthor.db import engine as engines

ROOT = Path(__file__).parents[2]
SENHA = "muito-secreta"
# One of each way to a database; every one of them meets every address.
COMANDOS = (("doctor",), ("serve",), ("demo",), ("db", "install"), ("credenciais", "listar"))
# The others go the same ways.
OUTROS = (
    ("db", "create", "--demo"),
    ("log", "recuperar"),
    ("credenciais", "criar", "caixa", "--filiais", "1"),
    ("reservas", "expirar"),
    ("conciliar",),
)
# Words of click's, of drivers' and of the system's that a person here would not understand.
INGLES = re.compile(
    r"Traceback|Error:|Usage|Try '|Aborted|No such|Missing|Invalid|invalid|does not|failed|denied|not found|unable"
    r"|requires|unexpected|Options|Commands|required|default:"
)


def prevenda(*args: str, **env: str) -> Result:
    settings = {"PREVENDA_ESPERA_LOCK": "0.2", "PREVENDA_PORT": "0", "PREVENDA_JWT_CHAVE": "0123456789" * 5}
    settings |= {f"PREVENDA_{name.upper()}": value for name, value in env.items()}
    return CliRunner().invoke(main, args, env=settings)


def contado(result: Result, *codes: int) -> str:
    """What it told, which must be short, in Portuguese, and without the password."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in codes, result.output
    assert result.stderr.strip()
    assert len(result.stderr.splitlines()) <= 3
    assert not INGLES.search(result.stderr), result.stderr
    assert SENHA not in result.output
    return result.stderr


# --- addresses


@contextlib.contextmanager
def atende(resposta: bytes | None) -> Iterator[int]:
    """A port where something answers that is no database: closes (b""), says so much, or keeps silent (None)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        abertas: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    abertas.append(connection)
                    if resposta is not None:
                        connection.sendall(resposta)
                        connection.close()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in abertas:
            connection.close()


def fechada() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


LONGO = "a" * 300
ENDERECOS = {
    # No address of a database at all, or of none that is known.
    "palavra": "banco",
    "mysql": f"mysql://u:{SENHA}@h/db",
    "driver": f"postgresql://u:{SENHA}@h/db",
    "cx_oracle": f"oracle+cx_oracle://u:{SENHA}@h/db",
    "sem barras": "sqlite:demo.db",
    # PostgreSQL.
    "porta que não é número": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:abc/db",
    "porta grande demais": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:99999/db",
    "ninguém atende": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{{fechada}}/db",
    "fecha": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{{fecha}}/db",
    "outra coisa": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{{http}}/db",
    "nome longo": f"postgresql+psycopg://u:{SENHA}@{LONGO}/db",
    "nome com pontos": f"postgresql+psycopg://u:{SENHA}@a..b/db",
    "opção que não há": f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{{fechada}}/db?foo=bar",
    "soquete que não há": f"postgresql+psycopg://u:{SENHA}@/db?host=/nada",
    "senha com arroba": f"postgresql+psycopg://u:{SENHA}@x@127.0.0.1:{{fechada}}/db",
    "colchetes": f"postgresql+psycopg://u:{SENHA}@[::1/db",
    # Oracle.
    "oracle: ninguém atende": f"oracle+oracledb://u:{SENHA}@127.0.0.1:{{fechada}}/?service_name=X",
    "oracle: fecha": f"oracle+oracledb://u:{SENHA}@127.0.0.1:{{fecha}}/?service_name=X",
    "oracle: outra coisa": f"oracle+oracledb://u:{SENHA}@127.0.0.1:{{http}}/?service_name=X",
    "oracle: sem nada": "oracle+oracledb://",
    "oracle: alias que não há": f"oracle+oracledb://u:{SENHA}@NAOHA",
    "oracle: nome com pontos": f"oracle+oracledb://u:{SENHA}@a..b:1521/?service_name=X",
    "oracle: opção que não há": f"oracle+oracledb://u:{SENHA}@127.0.0.1:{{fechada}}/?service_name=X&foo=bar",
    # SQLite.
    "um arquivo no lugar da pasta": "sqlite:///{pasta}/texto.txt/demo.db",
    "uma pasta": "sqlite:///{pasta}",
    "um texto": "sqlite:///{pasta}/texto.txt",
    "cortado": "sqlite:///{pasta}/cortado.db",
    "nome de arquivo longo": f"sqlite:///{{pasta}}/{LONGO}",
    "onde ninguém grava": "sqlite:////sys/prevenda/demo.db",
    "opção de SQLite que não há": "sqlite:///{pasta}/vazio.db?foo=bar",
    "ocupado": "sqlite:///{pasta}/ocupado.db",
}


@pytest.fixture(autouse=True)
def nobody_waits_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a lock that DDL wants."""
    monkeypatch.setattr(banco, "ESPERA_DA_DDL_S", 1)


@pytest.fixture(scope="module")
def lugares(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    pasta = tmp_path_factory.mktemp("lugares")
    (pasta / "texto.txt").write_text("isto não é um banco\n" * 200, "utf-8")
    (pasta / "vazio.db").touch()
    with contextlib.closing(sqlite3.connect(pasta / "inteiro.db")) as connection:
        connection.execute("CREATE TABLE GW_CONFIG (CHAVE, VALOR)")
        connection.executemany("INSERT INTO GW_CONFIG VALUES (?, ?)", [(str(n), "x" * 200) for n in range(500)])
        connection.commit()
    inteiro = (pasta / "inteiro.db").read_bytes()
    (pasta / "cortado.db").write_bytes(inteiro[:4096] + b"\xff" * 5000)
    shutil.copy(pasta / "inteiro.db", pasta / "ocupado.db")
    with (
        contextlib.closing(sqlite3.connect(pasta / "ocupado.db", isolation_level=None)) as dono,
        atende(b"") as fecha,
        atende(b"HTTP/1.1 400 Bad Request\r\n\r\n") as http,
    ):
        dono.execute("BEGIN EXCLUSIVE")
        yield {"pasta": pasta, "fecha": fecha, "http": http}


# oracledb leaves its socket to the garbage collector where the other side resets it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("nome", ENDERECOS)
def test_an_address_that_will_not_do(nome: str, lugares: dict[str, object]) -> None:
    assert len(ENDERECOS) >= 30
    for comando in COMANDOS:
        url = ENDERECOS[nome].format(**lugares, fechada=fechada())
        contado(prevenda(*comando, database_url=url), 1, 2)
    gc.collect()


@pytest.mark.parametrize("comando", OUTROS, ids=" ".join)
@pytest.mark.parametrize("nome", ["palavra", "ninguém atende", "um texto"])
def test_the_other_commands(comando: tuple[str, ...], nome: str, lugares: dict[str, object]) -> None:
    url = ENDERECOS[nome].format(**lugares, fechada=fechada())
    contado(prevenda(*comando, database_url=url), 1, 2)


@pytest.mark.parametrize("nome", ["ninguém atende", "oracle: ninguém atende", "um texto", "palavra"])
def test_the_same_in_json(nome: str, lugares: dict[str, object]) -> None:
    url = ENDERECOS[nome].format(**lugares, fechada=fechada())
    result = prevenda("log", "recuperar", "--json", database_url=url)
    assert (result.stdout, result.exit_code in {1, 2}) == ("", True)
    answer = json.loads(result.stderr)
    assert (answer["ok"], len(answer["problemas"])) == (False, 1)
    assert not INGLES.search(result.stderr)


def test_the_doctor_s_json_stays_a_list() -> None:
    url = f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{fechada()}/db"
    result = prevenda("doctor", "--json", database_url=url)
    (achado,) = json.loads(result.stdout)
    assert (achado["conferencia"], achado["situacao"], result.exit_code) == ("banco", "erro", 1)
    assert "ninguém atende nesse servidor e porta" in achado["detalhe"]


@pytest.mark.parametrize(
    ("nome", "porque"),
    [
        ("ninguém atende", "ninguém atende nesse servidor e porta"),
        ("nome com pontos", "o servidor não tem esse nome"),
        ("um texto", "o arquivo não é um banco SQLite"),
        ("ocupado", "outro programa o mantém ocupado"),
        ("oracle: ninguém atende", "ninguém atende nesse servidor e porta"),
    ],
)
def test_why_and_what_was_tried(nome: str, porque: str, lugares: dict[str, object]) -> None:
    url = ENDERECOS[nome].format(**lugares, fechada=fechada())
    told = contado(prevenda("db", "install", database_url=url), 1)
    assert re.fullmatch(rf"O banco de dados não respondeu \([^)]+\): {porque}\. Tentado: (\S+) .*\n", told), told
    assert "(PREVENDA_DATABASE_URL)" in told


def test_a_server_that_keeps_silent() -> None:
    with atende(None) as porta:
        started = time.monotonic()
        told = contado(prevenda("doctor", database_url=f"postgresql+psycopg://u:{SENHA}@127.0.0.1:{porta}/db"), 1)
    assert "não houve resposta a tempo" in told
    assert time.monotonic() - started < 10


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "app.winthor.db.call_timeout", raising=False)
    told = contado(prevenda("doctor", database_url=f"postgresql+psycopg://u:{SENHA}@127.0.0.1/db"), 2)
    assert told == "PREVENDA_DATABASE_URL: falta o pacote psycopg: pip install 'prevenda[postgresql]'\n"


def test_oracle_s_client_libraries_that_are_not_there(tmp_path: Path) -> None:
    url = f"oracle+oracledb://u:{SENHA}@127.0.0.1:1/?service_name=X"
    assert "PREVENDA_ORACLE_THICK" in contado(prevenda("doctor", database_url=url, oracle_thick=str(tmp_path)), 1)


def test_every_engine_has_a_package() -> None:
    assert engines._ENGINES.keys() == engines._PACOTES.keys()


# --- folders and files


def test_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for comando in (c for c in (*COMANDOS, *OUTROS) if c[0] not in {"demo", "db"}):
        told = contado(prevenda(*comando), 1)
        assert told.startswith(f"O banco de dados não respondeu: demo/prevenda.db não existe em {tmp_path}; rode ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o555)
    assert contado(prevenda("demo"), 1) == "demo: sem permissão\n"


@pytest.mark.parametrize(("number", "told"), [(13, "sem permissão"), (28, "não há espaço em disco"), (30, "só pode")])
def test_what_the_system_refuses(number: int, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert told in contado(prevenda("demo"), 1)


def _mapas(pasta: Path) -> Path:
    shutil.copytree(ROOT / "mappings", pasta / "mapas")
    return pasta / "mapas"


@pytest.mark.parametrize(
    "spoil",
    [
        shutil.rmtree,
        lambda mapas: (shutil.rmtree(mapas), mapas.write_text("")),
        lambda mapas: (mapas / "pcpedc.toml").write_bytes(b"\xff\xfe\x00"),
        lambda mapas: (mapas / "pcpedc.toml").write_text("[columns"),
        lambda mapas: ((mapas / "pcpedc.toml").unlink(), (mapas / "pcpedc.toml").mkdir()),
        lambda mapas: (mapas / "pcpedc.toml").write_text("table = 1\n[columns]\nNUMPED = 3\n"),
    ],
)
def test_maps_that_cannot_be_read(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    mapas = _mapas(tmp_path)
    spoil(mapas)
    for comando in (("mapeamentos", "verificar"), ("mapeamentos", "mostrar")):
        result = prevenda(*comando, mapeamentos=str(mapas))
        assert isinstance(result.exception, SystemExit), result.exception
        assert (result.exit_code, "Traceback" in result.output) == (1, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0001_gateway.sql", b"CREATE TABEL X (Y INTEGER);"),
        ("0001_gateway.sql", b"\xff\xfe"),
        ("0002_a.sql", b""),
        ("leia-me.txt", b""),
    ],
)
def test_scripts_that_will_not_do(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / name).write_bytes(content)
    result = prevenda(
        "db", "install", "--scripts", str(tmp_path / "scripts"), database_url=f"sqlite:///{tmp_path}/x.db"
    )
    assert result.exit_code == 0 or contado(result, 1, 2)
    assert result.exit_code == 0 or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("destino", ["/sys/prevenda", "{pasta}/texto.txt", "{pasta}/texto.txt/x", "/dev/null/x"])
def test_where_nothing_can_be_copied_to(destino: str, lugares: dict[str, object]) -> None:
    contado(prevenda("entregar", destino.format(**lugares)), 1, 2)


# --- ports


@pytest.mark.parametrize(
    ("host", "porque"),
    [
        ("127.0.0.1", "outro programa já usa essa porta; escolha outra, como em PREVENDA_PORT=8010"),
        ("192.0.2.1", "esse endereço não é desta máquina; confira PREVENDA_HOST"),
        ("a..b", "o nome não existe; confira PREVENDA_HOST"),
    ],
)
def test_where_it_cannot_listen(host: str, porque: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    assert prevenda("db", "create", "--demo", database_url=url).exit_code == 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        porta = server.getsockname()[1]
        told = contado(prevenda("serve", database_url=url, host=host, port=str(porta)), 1)
    assert told == f"Não foi possível escutar em {host}:{porta}: {porque}.\n"


@pytest.mark.parametrize("porta", ["70000", "-1", "oitenta", "80.5"])
def test_what_is_no_port(porta: str) -> None:
    assert contado(prevenda("serve", port=porta), 2).startswith("PREVENDA_PORT: ")


# --- how it is called


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, (*path, name))
        else:
            yield (*path, name), command


FOLHAS = list(_leaves(main))


@pytest.mark.parametrize(("caminho", "comando"), FOLHAS, ids=[" ".join(c) or "prevenda" for c, _ in FOLHAS])
def test_help_is_portuguese_and_tells_the_exit_codes(caminho: tuple[str, ...], comando: click.Command) -> None:
    result = prevenda(*caminho, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Uso: prevenda")
    assert not INGLES.search(result.stdout), result.stdout
    assert "…" not in result.stdout
    assert ("Código de saída:\n  0 " in result.stdout) == (not isinstance(comando, click.Group))
    for option in comando.params:
        assert option.metavar or getattr(option, "is_flag", False) or isinstance(option, click.Argument), option.name


@pytest.mark.parametrize(("caminho", "comando"), FOLHAS, ids=[" ".join(c) or "prevenda" for c, _ in FOLHAS])
def test_every_wrong_use_is_told_in_portuguese(caminho: tuple[str, ...], comando: click.Command) -> None:
    contado(prevenda(*caminho, "--nao-ha"), 2)
    if isinstance(comando, click.Group):
        contado(prevenda(*caminho, "nao-ha"), 2)
        return
    contado(prevenda(*caminho, *(["a"] * 9)), 2)
    for option in (p for p in comando.params if isinstance(p, click.Option)):
        if option.is_flag:
            contado(prevenda(*caminho, f"{option.opts[0]}=x"), 2)
        else:
            contado(prevenda(*caminho, option.opts[0]), 2)
        if isinstance(option.type, click.DateTime):
            contado(prevenda(*caminho, option.opts[0], "ontem"), 2)
        if isinstance(option.type, click.IntRange):
            for value in ("x", "-1", "99999999"):
                contado(prevenda(*caminho, option.opts[0], value), 2)
    if any(parameter.required for parameter in comando.params):
        contado(prevenda(*caminho), 2)


def test_without_a_command_it_shows_its_help() -> None:
    result = prevenda()
    assert (result.exit_code, "Comandos:" in result.output) == (2, True)


# --- interrupted, and what nobody foresaw


def _raise(error: BaseException) -> Callable[..., None]:
    def run(*_: object, **__: object) -> None:
        raise error

    return run


def test_ctrl_c_in_any_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapas, "_maps", _raise(KeyboardInterrupt()))
    result = prevenda("mapeamentos", "mostrar")
    assert (result.exit_code, result.stderr.strip()) == (130, "Interrompido.")


def test_a_defect_is_a_line_that_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(banco, "create_demo", _raise(RuntimeError(SENHA)))
    told = contado(prevenda("db", "create", "--demo", database_url=f"sqlite:///{tmp_path}/x.db"), 1)
    assert re.fullmatch(r"Erro inesperado: RuntimeError em app/cli/banco\.py:\d+\. É um defeito .*\n", told)


@pytest.mark.parametrize(
    "shell",
    [
        "{python} -m app.cli mapeamentos mostrar | head -1",
        "{python} -m app.cli configuracao > /dev/full",
        "PYTHONIOENCODING=ascii {python} -m app.cli doctor",
        "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {python} -m app.cli --help",
        "PREVENDA_LOG_FORMATO=xml {python} -m app.cli configuracao",
    ],
)
def test_where_what_is_printed_cannot_go(shell: str, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        ["bash", "-c", shell.format(python=sys.executable)],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in run.stderr + run.stdout
    assert "Error" not in run.stderr


# Raises Ctrl-C at the import of one module: of a library, of ours, of what the first command needs.
INTERROMPE = """
import os, sys

class Interrompe:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AQUI"]:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrompe())
"""


@pytest.mark.parametrize("modulo", ["flask", "sqlalchemy", "app.settings", "app.cli.servir", "waitress.channel"])
def test_ctrl_c_while_it_starts(modulo: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERROMPE)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{ROOT}", "AQUI": modulo}
    command = [sys.executable, "-m", "app.cli", "configuracao"]
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (run.stderr, run.returncode) == ("Interrompido.\n", -signal.SIGINT)
