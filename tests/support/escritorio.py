"""LibreOffice, with nobody at it: opens spreadsheets as a Brazilian's does and says what the cells show."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

PRAZO_S = 180
# Semicolon, double quotes, UTF-8, from the first line; the language of the numbers and dates is Brazil's, and those are
# recognised, as in the dialog that a person confirms.
_CSV = "--infilter=Text - txt - csv (StarCalc):59,34,76,1,,1046,false,true"
_PERFIL = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale"><value>pt-BR</value></prop></item>
</oor:items>
"""


@dataclass(frozen=True, slots=True)
class Celula:
    """What a cell shows, and the number that it is, with a comma; None of a text."""

    texto: str
    numero: str | None


class _Tabela(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.linhas: list[list[Celula]] = []
        self._texto: list[str] | None = None
        self._numero: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.linhas.append([])
        elif tag == "td":
            self._texto, self._numero = [], dict(attrs).get("sdval")

    def handle_endtag(self, tag: str) -> None:
        if tag == "td" and self._texto is not None:
            self.linhas[-1].append(Celula("".join(self._texto).strip(), self._numero))
            self._texto = None

    def handle_data(self, data: str) -> None:
        if self._texto is not None:
            self._texto.append(data)


def programa() -> str | None:
    """LibreOffice; None where it is missing."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def abrir(soffice: str, arquivos: Sequence[Path], pasta: Path) -> dict[str, list[dict[str, Celula]]]:
    """Open .xlsx and .csv files; for each name the rows below the head, by the head's words. ``pasta``: an empty one to
    work in."""
    perfil = pasta / "perfil"
    (perfil / "user").mkdir(parents=True)
    (perfil / "user" / "registrymodifications.xcu").write_text(_PERFIL, "utf-8")
    abertos = {}
    for tipo, mais in ((".xlsx", ()), (".csv", (_CSV,))):
        deste = [arquivo for arquivo in arquivos if arquivo.suffix == tipo]
        if not deste:
            continue
        saida = pasta / tipo[1:]
        feito = subprocess.run(
            [
                soffice,
                f"-env:UserInstallation={perfil.as_uri()}",
                "--headless",
                "--convert-to",
                "html",
                "--outdir",
                str(saida),
                *mais,
                *map(str, deste),
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=PRAZO_S,
        )
        for arquivo in deste:
            lido = saida / f"{arquivo.stem}.html"
            assert lido.exists(), feito.stdout + feito.stderr
            abertos[arquivo.name] = _linhas(lido)
    return abertos


def _linhas(html: Path) -> list[dict[str, Celula]]:
    tabela = _Tabela()
    tabela.feed(html.read_text("utf-8"))
    titulos, *linhas = tabela.linhas
    return [{titulo.texto: celula for titulo, celula in zip(titulos, linha, strict=True)} for linha in linhas]
