"""A clerk at the panel, without a browser: follows links and sends forms as they are written in the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from tests.support.gateway import Casa


@dataclass
class Formulario:
    """A form as the page has it: where it goes and what it would send."""

    metodo: str
    destino: str
    campos: list[tuple[str, str]] = field(default_factory=list)


class Pagina(HTMLParser):
    """What a page holds: forms, links, headings, its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.formularios: list[Formulario] = []
        self.elos: list[str] = []
        self.recursos: list[str] = []
        self.atributos: list[tuple[str, dict[str, str | None]]] = []
        self._texto: list[str] = []
        self._form: Formulario | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        valores = dict(attrs)
        self.atributos.append((tag, valores))
        if tag == "form":
            self._form = Formulario((valores.get("method") or "get").upper(), valores.get("action") or "")
            self.formularios.append(self._form)
        elif tag == "input" and self._form is not None and valores.get("name"):
            marcado = valores.get("type") != "checkbox" or "checked" in valores
            if marcado:
                self._form.campos.append((str(valores["name"]), valores.get("value") or ""))
        elif tag == "a":
            self.elos.append(valores.get("href") or "")
        for nome in ("src", "href", "action", "poster", "data", "srcset"):
            if valores.get(nome):
                self.recursos.append(str(valores[nome]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self._texto.append(data)

    @property
    def texto(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._texto))

    def formulario(self, destino: str) -> Formulario:
        """The form that goes there."""
        achados = [f for f in self.formularios if f.destino.endswith(destino)]
        assert len(achados) == 1, [f.destino for f in self.formularios]
        return achados[0]


class Atendente:
    """One person with one browser."""

    def __init__(self, casa: Casa, login: str = "retaguarda") -> None:
        self.casa = casa
        self.cliente = casa.app.test_client()
        if login:
            resposta = self.entrar(login)
            assert resposta.status_code == 303, resposta.get_data(as_text=True)

    def entrar(self, login: str, senha: str = "demo", voltar: str = "") -> TestResponse:
        pagina = self.ver("/painel/entrar" + (f"?voltar={voltar}" if voltar else ""))
        return self.enviar(pagina.formulario("/entrar"), login=login, senha=senha)

    def abrir(self, caminho: str) -> TestResponse:
        return self.cliente.get(caminho)

    def ver(self, caminho: str, http: int = 200) -> Pagina:
        """Open a page that must answer so."""
        resposta = self.abrir(caminho)
        assert resposta.status_code == http, resposta.get_data(as_text=True)
        return Pagina(resposta.get_data(as_text=True))

    def perguntar(self, formulario: Formulario, **mudancas: Any) -> Pagina:
        """Send a form that leads to the page that asks, and open that."""
        resposta = self.enviar(formulario, **mudancas)
        assert resposta.status_code == 303, resposta.get_data(as_text=True)
        return self.ver(resposta.location)

    def enviar(self, formulario: Formulario, **mudancas: Any) -> TestResponse:
        """Send a form with some fields filled in; a list sends the field several times, None leaves it out."""
        campos = [(nome, valor) for nome, valor in formulario.campos if nome not in mudancas]
        for nome, valor in mudancas.items():
            if valor is not None:
                campos += [(nome, v) for v in (valor if isinstance(valor, list) else [valor])]
        dados: dict[str, list[str]] = {}
        for nome, valor in campos:
            dados.setdefault(nome, []).append(str(valor))
        return self.cliente.post(formulario.destino, data=dados)
