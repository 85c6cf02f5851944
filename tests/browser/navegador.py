"""A real browser for the tests: headless Chromium by plain W3C WebDriver calls, with every host but ours cut off."""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

ELEMENTO = "element-6066-11e4-a52e-4f735466cecf"
ENTER, TAB, ESPACO = "\ue007", "\ue004", " "
ARGUMENTOS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--lang=pt-BR",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
)


def programas() -> tuple[str, str] | None:
    """Chromium and its driver; None when one is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None


# On a machine that does much else meanwhile.
ESPERA_S = 150


class Navegador:
    """One window. The pages have no script: whatever acts leads to another page."""

    def __init__(self, chromium: str, driver: str, perfil: Path) -> None:
        with socket.socket() as livre:
            livre.bind(("127.0.0.1", 0))
            porta = livre.getsockname()[1]
        self._processo = subprocess.Popen(
            [driver, f"--port={porta}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._http = requests.Session()
        self._http.trust_env = False
        self._base = f"http://127.0.0.1:{porta}"
        opcoes = {"binary": chromium, "args": [*ARGUMENTOS, f"--user-data-dir={perfil}"]}
        prazos = {"script": ESPERA_S * 1000, "pageLoad": ESPERA_S * 1000}  # the longest page takes axe a while
        capacidades = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": opcoes, "timeouts": prazos}}
        try:
            self._esperar_driver()
            sessao = self._pedir("POST", f"{self._base}/session", {"capabilities": capacidades})["sessionId"]
        except BaseException:
            self._processo.kill()
            self._processo.wait(10)
            raise
        self._base = f"{self._base}/session/{sessao}"

    def _esperar_driver(self) -> None:
        limite = time.monotonic() + 20
        while True:
            try:
                self._http.get(f"{self._base}/status", timeout=2)
                return
            except requests.ConnectionError:
                if time.monotonic() > limite:
                    raise
                time.sleep(0.05)

    def _pedir(self, metodo: str, endereco: str, corpo: Any = None) -> Any:
        resposta = self._http.request(metodo, endereco, json=corpo, timeout=ESPERA_S + 30)
        valor = resposta.json()["value"]
        assert resposta.ok, valor
        return valor

    def _comando(self, metodo: str, caminho: str, corpo: Any = None) -> Any:
        return self._pedir(metodo, f"{self._base}/{caminho}", corpo)

    def fechar(self) -> None:
        try:
            self._pedir("DELETE", self._base)
        finally:
            self._processo.terminate()
            self._processo.wait(10)
            self._http.close()

    def cdp(self, comando: str, **parametros: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._comando("POST", "goog/cdp/execute", {"cmd": comando, "params": parametros})

    def ir(self, endereco: str) -> None:
        self._comando("POST", "url", {"url": endereco})

    @property
    def endereco(self) -> str:
        return str(self._comando("GET", "url"))

    @property
    def titulo(self) -> str:
        return str(self._comando("GET", "title"))

    def executar(self, script: str, *argumentos: Any) -> Any:
        """Run JavaScript from outside: the pages themselves have none, and may not."""
        return self._comando("POST", "execute/sync", {"script": script, "args": list(argumentos)})

    def esperar_script(self, script: str, *argumentos: Any) -> Any:
        """Run JavaScript that answers by calling its last argument."""
        return self._comando("POST", "execute/async", {"script": script, "args": list(argumentos)})

    def achar(self, css: str) -> str:
        return str(self._comando("POST", "element", {"using": "css selector", "value": css})[ELEMENTO])

    def clicar(self, css: str) -> None:
        """Click what leads to another page, and wait for that page."""
        with self.outra_pagina():
            self._comando("POST", f"element/{self.achar(css)}/click", {})

    @contextlib.contextmanager
    def outra_pagina(self) -> Iterator[None]:
        """What is done inside leads to another page; at the end it is there."""
        self.executar("window.estaPagina = true")
        yield
        limite = time.monotonic() + 15
        pronta = "return !window.estaPagina && document.readyState === 'complete'"
        while True:
            with contextlib.suppress(AssertionError):  # between two pages there is nobody to ask
                if self.executar(pronta):
                    return
            assert time.monotonic() < limite, "no other page came"
            time.sleep(0.02)

    def baixar(self, css: str, pasta: Path) -> Path:
        """Click what sends a file, and give the file when it is whole."""
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(pasta))
        antes = set(pasta.iterdir())
        self._comando("POST", f"element/{self.achar(css)}/click", {})
        limite = time.monotonic() + ESPERA_S
        while time.monotonic() < limite:
            novos = [arquivo for arquivo in pasta.iterdir() if arquivo not in antes]
            if novos and not any(arquivo.suffix == ".crdownload" for arquivo in novos):
                return novos[0]
            time.sleep(0.05)
        raise AssertionError("no file came")

    def escrever(self, css: str, texto: str) -> None:
        self._comando("POST", f"element/{self.achar(css)}/value", {"text": texto})

    def texto(self, css: str = "main") -> str:
        return str(self._comando("GET", f"element/{self.achar(css)}/text"))

    def teclar(self, *teclas: str) -> None:
        """Press keys, wherever the focus is."""
        acoes = [
            passo
            for tecla in teclas
            for passo in ({"type": "keyDown", "value": tecla}, {"type": "keyUp", "value": tecla})
        ]
        self._comando("POST", "actions", {"actions": [{"type": "key", "id": "teclado", "actions": acoes}]})

    def foco(self) -> dict[str, Any]:
        """What has the focus: id, name, text, address, and whether its outline can be seen."""
        return dict(
            self.executar(
                "const e = document.activeElement, c = getComputedStyle(e);"
                "return {id: e.id, nome: e.getAttribute('name') || '', texto: (e.textContent || '').trim(),"
                " href: e.getAttribute('href') || '',"
                " contorno: c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2}"
            )
        )

    def aparencia(self, *, escuro: bool = False, largura: int = 1280, altura: int = 900) -> None:
        """Light or dark, and how large the window is; a page that still scrolls to a button cannot be clicked."""
        cor = {"name": "prefers-color-scheme", "value": "dark" if escuro else "light"}
        parado = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.cdp("Emulation.setEmulatedMedia", features=[cor, parado])
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=largura,
            height=altura,
            deviceScaleFactor=1,
            mobile=largura < 600,
        )

    def fotografar(self, arquivo: Path) -> None:
        """The whole page as PNG; of a file that is to be WebP only what the window shows, small."""
        formato: dict[str, Any] = {"format": "png", "captureBeyondViewport": True}
        if arquivo.suffix == ".webp":
            formato = {"format": "webp", "quality": 80}
        imagem = self.cdp("Page.captureScreenshot", **formato)["data"]
        arquivo.write_bytes(base64.b64decode(imagem))
