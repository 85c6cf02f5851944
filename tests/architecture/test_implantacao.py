"""What deployment needs: every command named there exists, every timer has its job, and what never ran says so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from app.cli import main
from app.settings import from_env, parece_exemplo

ROOT = Path(__file__).parents[2]
UNIDADES = sorted((ROOT / "deploy" / "systemd").iterdir())
OUTROS = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted((ROOT / "deploy" / "windows").iterdir())]
EXEMPLO = ROOT / "deploy" / "prevenda.env.exemplo"
# Longer than the longest stop of the server.
PARADA_S = 30


def comandos(texto: str) -> list[list[str]]:
    """The command lines of ``prevenda`` in a file, without the program's name."""
    linhas = re.findall(r"(?:bin/prevenda|prevenda\.exe) ([a-z][^\n\"<]*)", texto)
    linhas += [
        argumentos.replace('"', "").replace(",", "") for argumentos in re.findall(r'\["?prevenda"?, (.*)\]', texto)
    ]
    linhas += re.findall(r"<arguments>(.*)</arguments>", texto)
    return [shlex.split(linha) for linha in linhas]


def problema(argumentos: list[str]) -> str | None:
    """Why a command line cannot be run, None when it can be."""
    comando: click.Command = main
    resto = list(argumentos)
    while isinstance(comando, click.Group):
        if not resto or resto[0] not in comando.commands:
            return f"no such command: {' '.join(argumentos)}"
        comando = comando.commands[resto.pop(0)]
    try:
        comando.make_context(comando.name, resto)
    except click.UsageError as error:
        return f"{' '.join(argumentos)}: {error.message}"
    return None


@pytest.mark.parametrize("arquivo", [*UNIDADES, *OUTROS, EXEMPLO], ids=lambda arquivo: arquivo.name)
def test_every_command_exists(arquivo: Path) -> None:
    achados = comandos(arquivo.read_text("utf-8"))
    assert achados or arquivo.suffix == ".timer"
    assert [texto for argumentos in achados if (texto := problema(argumentos))] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    assert comandos("ExecStart=/x/bin/prevenda reservas expirar --json\n") == [["reservas", "expirar", "--json"]]
    assert problema(["reservas", "expirar", "--json"]) is None
    assert problema(["reservas", "vencer"]) == "no such command: reservas vencer"
    assert problema(["serve", "--porta"]) is not None


def test_the_example_of_settings_can_be_read_and_its_key_is_no_key() -> None:
    """Every line, also those that are commented out, is a setting with a value it takes."""
    linhas = re.findall(r"^#?(PREVENDA_\w+)=(\S+)$", EXEMPLO.read_text("utf-8"), re.MULTILINE)
    settings = from_env(dict(linhas))
    assert settings.database_url.startswith("oracle+oracledb://")
    assert parece_exemplo(settings.jwt_chave)
    assert len(linhas) == len(dict(linhas)) >= 7


def test_every_timer_has_its_job() -> None:
    nomes = {arquivo.name for arquivo in UNIDADES}
    timers = {nome for nome in nomes if nome.endswith(".timer")}
    assert {timer.replace(".timer", ".service") for timer in timers} | {"prevenda.service"} == (nomes - timers)


@pytest.mark.parametrize("arquivo", OUTROS, ids=lambda arquivo: arquivo.name)
def test_what_never_ran_says_so(arquivo: Path) -> None:
    assert "not executed" in arquivo.read_text("utf-8").lower()


def test_nothing_waits_less_for_the_stop_than_the_stop_may_take() -> None:
    esperas = [
        re.search(r"TimeoutStopSec=(\d+)", (ROOT / "deploy/systemd/prevenda.service").read_text("utf-8")),
        re.search(r"stop_grace_period: (\d+)s", (ROOT / "compose.yaml").read_text("utf-8")),
        re.search(r"<stoptimeout>(\d+) sec", (ROOT / "deploy/windows/prevenda.xml").read_text("utf-8")),
        re.search(r"--stop-timeout (\d+)", (ROOT / "Dockerfile").read_text("utf-8")),
    ]
    assert all(espera is not None and int(espera[1]) > PARADA_S for espera in esperas)
