"""The example proxies send each method and path where docs/troca.md says, and to the gateway only what it routes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.databases import NGINX_MISSING

ROOT = Path(__file__).parents[2]
PROXY = ROOT / "deploy" / "proxy"

DE_QUEM = {
    ("POST", "/winthor/autenticacao/v1/login"): "gateway",
    **{(m, "/winthor/varejo/matcon/v1/orders/pdvsync"): "gateway" for m in ("POST", "PUT", "DELETE")},
    **{(m, "/api/wholesale/v1/orders/pdvsync"): "gateway" for m in ("POST", "PUT", "DELETE")},
    ("GET", "/winthor/varejo/matcon/v1/orders/pdvsync/consulta"): "gateway",
    ("GET", "/api/wholesale/v1/orders/pdvsync/consulta"): "gateway",
    ("GET", "/api/wholesale/v1/orders/list"): "gateway",
    ("GET", "/api/stock-vtex/v1/available/pdv-sync"): "gateway",
    ("GET", "/api/stock-vtex/v1/available/pdv-sync/list"): "gateway",
    ("POST", "/api/stock-vtex/v1/available/pdv-sync"): "totvs",
    ("GET", "/winthor/varejo/matcon/v1/orders/pdvsync"): "totvs",
    ("GET", "/winthor/varejo/matcon/v1/pdv/detalhepdv"): "totvs",
    ("GET", "/winthor/varejo/matcon/v1/rca/consulta"): "totvs",
    ("GET", "/winthor/cliente/v1/payments/pdvsync"): "totvs",
    ("GET", "/winthor/varejo/v1/credito-cliente/list"): "totvs",
    ("POST", "/winthor/varejo/v1/movimentacao/venda"): "totvs",
    ("GET", "/painel/entrar"): "gateway",
    ("POST", "/painel/entrar"): "gateway",
    ("GET", "/api/v1/log"): "gateway",
    ("POST", "/api/v1/pre-vendas/simulacao"): "gateway",
    ("GET", "/docs"): "gateway",
    ("GET", "/openapi.json"): "gateway",
}


def nginx() -> Callable[[str, str], str]:
    texto = (PROXY / "nginx.conf").read_text("utf-8")
    corpo = re.search(r"map \"\$request_method \$uri\" \$destino \{(.*?)\n\}", texto, re.S)
    assert corpo
    regras = re.findall(r"^\s+(?:\"([^\"]+)\"|default)\s+(\w+);", corpo[1], re.M)
    exatas = {chave: destino for chave, destino in regras if chave and not chave.startswith("~")}
    padroes = [(re.compile(chave[1:]), destino) for chave, destino in regras if chave.startswith("~")]

    def destino(method: str, path: str) -> str:
        chave = f"{method} {path}"
        return exatas.get(chave) or next((d for padrao, d in padroes if padrao.search(chave)), "totvs")

    return destino


def iis() -> Callable[[str, str], str]:
    regras = ElementTree.parse(PROXY / "web.config").getroot().iter("rule")  # noqa: S314 - our own file
    lidas = []
    for regra in regras:
        metodo = regra.find("conditions/add")
        padrao, action = regra.find("match"), regra.find("action")
        assert padrao is not None
        assert action is not None
        porta = re.search(r":(\d+)/", action.get("url", ""))
        quem = {"8000": "gateway", "8090": "totvs"}.get(porta[1] if porta else "", "ninguém")
        lidas.append(
            (
                re.compile(padrao.get("url", "")),
                re.compile(metodo.get("pattern", "") if metodo is not None else ""),
                quem,
            )
        )

    def destino(method: str, path: str) -> str:
        return next(quem for padrao, metodo, quem in lidas if padrao.search(path[1:]) and metodo.search(method))

    return destino


@pytest.mark.parametrize("proxy", [nginx, iis])
@pytest.mark.parametrize(("method", "path"), DE_QUEM)
def test_who_answers(proxy: Callable[[], Callable[[str, str], str]], method: str, path: str) -> None:
    assert proxy()(method, path) == DE_QUEM[method, path]


def test_the_page_names_every_path() -> None:
    pagina = (ROOT / "docs" / "troca.md").read_text("utf-8")
    nomeados = [path for _, path in DE_QUEM if path.startswith(("/winthor/autenticacao", "/winthor/varejo/matcon"))]
    assert [path for path in nomeados if path not in pagina] == []


def test_nginx_accepts_its_example(tmp_path: Path) -> None:
    programa = shutil.which("nginx")
    if programa is None:
        pytest.skip(NGINX_MISSING)
    texto = (PROXY / "nginx.conf").read_text("utf-8")
    texto = re.sub(r"^\s+ssl_certificate.*$", "", texto, flags=re.M).replace("443 ssl", "127.0.0.1:18443")
    (tmp_path / "logs").mkdir()
    principal = tmp_path / "nginx.conf"
    principal.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{texto}\n}}", "utf-8"
    )
    feito = subprocess.run(
        [programa, "-t", "-p", str(tmp_path), "-c", str(principal)], check=False, capture_output=True, text=True
    )
    assert feito.returncode == 0, feito.stderr
