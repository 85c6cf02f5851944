"""Screenshots of every page of the panel: wide, tablet and phone, light and dark. ``python -m tests.browser.telas``

They go to build/telas, for whoever changes a page to look at.
"""

from __future__ import annotations

import re
import sys
import tempfile
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


def main() -> int:
    """Take them; 1 where there is no browser, or a page is wider than its window."""
    achados = programas()
    if achados is None:
        print("Falta o Chromium com o chromedriver: apt-get install chromium chromium-driver", file=sys.stderr)
        return 1
    so = sys.argv[1:]
    DESTINO.mkdir(parents=True, exist_ok=True)
    largas = []
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
                for escuro in (False, True):
                    for largura in LARGURAS:
                        navegador.aparencia(escuro=escuro, largura=largura)
                        for caminho in PAGINAS:
                            if so and not any(parte in caminho for parte in so):
                                continue
                            navegador.ir(f"{base}{caminho}")
                            nome = re.sub(r"[^\w]+", "-", caminho.removeprefix("/painel")).strip("-") or "inicio"
                            arquivo = DESTINO / f"{nome}-{largura}-{'escuro' if escuro else 'claro'}.png"
                            navegador.fotografar(arquivo)
                            if navegador.executar("return document.documentElement.scrollWidth") > largura:
                                largas.append(str(arquivo))
        finally:
            navegador.fechar()
            casa.close()
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
