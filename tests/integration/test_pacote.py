"""The wheel on a machine that has no checkout: it holds the maps and the SQL, and the site's own take their place.

By default the fresh environment borrows the dependencies of the one that runs the tests; `make pacote` installs the
locked ones for real.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
import simplejson

from app import __version__
from app.api.documento import documento
from tests.support.builders import pre_venda
from tests.support.gateway import LOGIN, ROTA
from tests.support.servers import pedir

ROOT = Path(__file__).parents[2]
COMPLETO = os.environ.get("PREVENDA_TEST_PACOTE") == "completo"


def rodar(*comando: str | Path, cwd: Path, **env: str) -> str:
    limpo = {name: value for name, value in os.environ.items() if not name.startswith(("PREVENDA_", "PYTHON"))}
    result = subprocess.run(
        [str(parte) for parte in comando],
        cwd=cwd,
        env=limpo | env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def instalado(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and nothing of the checkout; its folder of commands."""
    pasta = tmp_path_factory.mktemp("pacote")
    codigo = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    wheel = pasta / rodar(sys.executable, "-c", codigo, pasta, cwd=ROOT).split()[-1]
    venv.create(pasta / "venv", with_pip=COMPLETO, symlinks=True)
    comandos = pasta / "venv" / "bin"
    if COMPLETO:
        rodar(comandos / "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements.lock", cwd=pasta)
        rodar(comandos / "pip", "install", "-q", "--no-deps", wheel, cwd=pasta)
    else:
        python = comandos / "python"
        rodar(sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--python", python, wheel, cwd=pasta)
        (site,) = (pasta / "venv").glob("lib/python*/site-packages")
        (site / "emprestadas.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return comandos


def test_version(instalado: Path, tmp_path: Path) -> None:
    assert rodar(instalado / "prevenda", "--version", cwd=tmp_path) == f"prevenda {__version__}\n"
    onde = rodar(instalado / "python", "-c", "import app; print(app.__file__)", cwd=tmp_path)
    assert onde.startswith(str(instalado.parent))


@pytest.fixture
def demo(instalado: Path, tmp_path: Path) -> Iterator[int]:
    """Port of a demo that runs from the wheel."""
    limpo = {name: value for name, value in os.environ.items() if not name.startswith(("PREVENDA_", "PYTHON"))}
    processo = subprocess.Popen(
        [instalado / "prevenda", "demo"],
        cwd=tmp_path,
        env=limpo | {"PREVENDA_PORT": "0", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert processo.stdout
    with processo, processo.stdout:
        try:
            linha = next(linha for linha in processo.stdout if "Gateway de pré-vendas em" in linha)
            yield int(re.search(r":(\d+) ", linha)[1])  # type: ignore[index]
        finally:
            processo.kill()


def test_demo_reserves(demo: int) -> None:
    login = pedir(demo, "POST", LOGIN, {"login": "pdv1", "senha": "demo"})
    http, _, body = pedir(demo, "POST", ROTA, pre_venda(), simplejson.loads(login[2])["accessToken"])
    assert (http, simplejson.loads(body)["idPedidoRetaguarda"]) == (201, 8_000_001)
    assert pedir(demo, "GET", "/painel/entrar")[0] == 200
    assert f'version="{__version__}"' in pedir(demo, "GET", "/metrics")[2].decode()


def test_what_is_inside_can_be_taken_out_and_changed(instalado: Path, tmp_path: Path) -> None:
    prevenda = instalado / "prevenda"
    rodar(prevenda, "entregar", "copia", cwd=tmp_path)
    mapa = tmp_path / "copia" / "mappings" / "pcpedc.toml"
    assert mapa.read_text("utf-8") == (ROOT / "mappings" / "pcpedc.toml").read_text("utf-8")
    mapa.write_text(mapa.read_text("utf-8") + '\n[extra]\nXAPELIDO = { json = "apelido", type = "VARCHAR2(30)" }\n')
    mostrado = rodar(prevenda, "mapeamentos", "mostrar", cwd=tmp_path, PREVENDA_MAPEAMENTOS=str(mapa.parent))
    assert "XAPELIDO" in mostrado
    script = tmp_path / "copia" / "sql" / "gateway" / "0001_gateway.sql"
    script.write_text(script.read_text("utf-8").replace("GW_CHAVE_PK", "GW_CHAVE_DO_DBA_PK"), "utf-8")
    url = f"sqlite:///{tmp_path / 'gw.db'}"
    rodar(prevenda, "db", "install", "--scripts", script.parent, cwd=tmp_path, PREVENDA_DATABASE_URL=url)
    assert b"GW_CHAVE_DO_DBA_PK" in (tmp_path / "gw.db").read_bytes()


def test_one_version_everywhere() -> None:
    projeto = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    primeira = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert primeira
    assert projeto["version"] == __version__ == documento.VERSAO == primeira[1]
