"""Screenshots of every page of the panel: wide, tablet and phone, light and dark. ``python -m tests.browser.telas``

They go to build/telas, for whoever changes a page to look at; words besides: only the pages whose address has one.
With ``--publicar`` instead the pictures of README and docs/retaguarda.md are made anew, in docs/imagens.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import CHAVE_JWT_DA_DEMO
from app.demonstracao.linhas import demo_rows
from app.settings import Settings
from app.winthor.db.engine import create_engine
from app.winthor.esquema import schema
from tests.browser.navegador import Navegador, programas
from tests.browser.paginas import PAGINAS
from tests.conftest import NOW
from tests.contract.demonstrada import nova
from tests.support.gateway import Casa, Relogio
from tests.support.in_process import servir

DESTINO = Path("build/telas")
LARGURAS = (1280, 768, 360)


PUBLICADAS = Path("docs/imagens")


@dataclass(frozen=True, slots=True)
class Retrato:
    """A picture of the documentation: what its window shows, after a click on something (CSS; None: without)."""

    nome: str
    caminho: str
    altura: int = 760
    largura: int = 1240
    clique: str | None = None
    escuro: bool = False


RETRATOS = (
    Retrato("painel", "/painel/procurar?o_que=DEMO-11", altura=820),
    Retrato("visao", "/painel/visao", altura=900),
    Retrato("visao-escuro", "/painel/visao", largura=390, altura=780, escuro=True),
    Retrato("estoque", "/painel/estoque?filial=2&codprod=1008", altura=700),
    Retrato("protegido", "/painel/politicas", altura=420),
    Retrato("remanejar", "/painel/reservas?numero=DEMO-19", altura=860, clique="tbody th a"),
    Retrato("conciliacao", "/painel/conciliacao", altura=760),
)


def main() -> int:
    """Take them; 1 where there is no browser, or a page is wider than its window."""
    if programas() is None:
        print("Falta o Chromium com o chromedriver: apt-get install chromium chromium-driver", file=sys.stderr)
        return 1
    palavras = [palavra for palavra in sys.argv[1:] if palavra != "--publicar"]
    with na_demonstracao() as (navegador, base):
        if "--publicar" in sys.argv[1:]:
            for retrato in RETRATOS:
                publicar(navegador, base, retrato)
            return 0
        return fotografar_tudo(navegador, base, palavras)


@contextmanager
def na_demonstracao() -> Iterator[tuple[Navegador, str]]:
    """A browser in which a clerk has logged in to the demo, and the demo's address."""
    achados = programas()
    assert achados is not None
    with tempfile.TemporaryDirectory() as perfil:
        url = f"sqlite:///{perfil}/telas.db"
        engine = create_engine(url)
        schema.create_demo(engine, demo_rows(NOW), {CHAVE_JWT_DA_DEMO: "t" * 48})
        casa = Casa(engine, Settings(database_url=url, pool=20, cache_segundos=60), Relogio(NOW))
        nova(casa)
        navegador = Navegador(*achados, Path(perfil))
        try:
            with servir(casa) as base:
                entrar(navegador, base)
                yield navegador, base
        finally:
            navegador.fechar()
            casa.close()


def publicar(navegador: Navegador, base: str, retrato: Retrato) -> None:
    """One picture of the documentation."""
    navegador.aparencia(escuro=retrato.escuro, largura=retrato.largura, altura=retrato.altura)
    navegador.ir(f"{base}{retrato.caminho}")
    if retrato.clique is not None:
        navegador.clicar(retrato.clique)
    arquivo = PUBLICADAS / f"{retrato.nome}.webp"
    navegador.fotografar(arquivo)
    print(f"{arquivo}: {arquivo.stat().st_size // 1024} KiB")


def fotografar_tudo(navegador: Navegador, base: str, palavras: list[str]) -> int:
    """Every page in every width, light and dark; 1 when one is wider than its window."""
    DESTINO.mkdir(parents=True, exist_ok=True)
    largas = []
    for escuro in (False, True):
        for largura in LARGURAS:
            navegador.aparencia(escuro=escuro, largura=largura)
            for caminho in PAGINAS:
                if palavras and not any(parte in caminho for parte in palavras):
                    continue
                navegador.ir(f"{base}{caminho}")
                nome = re.sub(r"[^\w]+", "-", caminho.removeprefix("/painel")).strip("-") or "inicio"
                arquivo = DESTINO / f"{nome}-{largura}-{'escuro' if escuro else 'claro'}.png"
                navegador.fotografar(arquivo)
                if navegador.executar("return document.documentElement.scrollWidth") > largura:
                    largas.append(str(arquivo))
    print(f"{len(list(DESTINO.glob('*.png')))} telas em {DESTINO}")
    for larga in largas:
        print(f"mais larga que a janela: {larga}")
    return 1 if largas else 0


def entrar(navegador: Navegador, base: str) -> None:
    """Log in by clicking."""
    navegador.ir(f"{base}/painel/")
    navegador.escrever("#login", "retaguarda")
    navegador.escrever("#senha", "demo")
    navegador.clicar("main form button")


if __name__ == "__main__":
    sys.exit(main())
