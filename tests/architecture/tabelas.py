"""The tables of docs/ that are made from the code, each between its marks.

`make tabelas` writes them; tests/architecture/test_paginas.py compares.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.domain.codigos import CODIGOS, TipoDeCodigo
from app.domain.diferencas import TIPOS
from app.settings import describe

RAIZ = Path(__file__).parents[2]
DOCS = RAIZ / "docs"


def _tabela(titulos: Iterable[str], linhas: Iterable[Iterable[str]]) -> str:
    titulos = list(titulos)
    todas = [titulos, ["---"] * len(titulos), *linhas]
    marcas = [f"|{'|'.join(linha)}|" if n == 1 else f"| {' | '.join(linha)} |" for n, linha in enumerate(todas)]
    return "\n".join(marcas)


def settings() -> str:
    """Every setting with its default and meaning."""
    return _tabela(
        ("variável", "padrão", "o que é"),
        ((f"`{nome}`", f"`{padrao}`" if padrao else "–", sentido) for nome, _, padrao, sentido in describe()),
    )


def codigos() -> str:
    """Every error that a caller of the API may be answered."""
    tipos = (TipoDeCodigo.RECUSA, TipoDeCodigo.PORTA, TipoDeCodigo.FALHA)
    return _tabela(
        ("HTTP", "`codigo`", "o que houve", "o que fazer", "rotina"),
        (
            (str(c.http), f"`{c.codigo}`", c.o_que, c.o_que_fazer, c.rotina or "–")
            for c in sorted(CODIGOS.values(), key=lambda c: c.http)
            if c.tipo in tipos
        ),
    )


def avisos() -> str:
    """Every aviso of an accepted request."""
    return _tabela(
        ("`codigo`", "o que houve", "o que fazer"),
        ((f"`{c.codigo}`", c.o_que, c.o_que_fazer) for c in CODIGOS.values() if c.tipo is TipoDeCodigo.AVISO),
    )


def diferencas() -> str:
    """Every kind of difference that the reconciliation finds."""
    return _tabela(
        ("diferença", "o que fazer", "quem", "`tipo`"),
        ((d.nome, d.o_que_fazer, d.quem, f"`{d.tipo}`") for d in TIPOS.values()),
    )


INVENTARIO: dict[str, Any] = tomllib.loads((RAIZ / "app" / "dados_pessoais.toml").read_text(encoding="utf-8"))


def pessoais() -> str:
    """Every table that may hold a person's data: what for, how long, and in which columns."""
    return _tabela(
        ("tabela", "para quê", "guardado", "o que há"),
        (
            (f"`{tabela}`", linha["finalidade"], linha["retencao"], _colunas(linha["colunas"]))
            for tabela, linha in INVENTARIO.items()
        ),
    )


def _colunas(colunas: dict[str, str]) -> str:
    """Columns by what they hold; those that hold nothing of a person's by name only, at the end."""
    por_que: dict[str, list[str]] = {}
    nada: list[str] = []
    for coluna, que in colunas.items():
        if que.startswith("nada"):
            nada.append(f"`{coluna}`")
        else:
            por_que.setdefault(que, []).append(f"`{coluna}`")
    partes = [f"{', '.join(nomes)}: {que}" for que, nomes in por_que.items()]
    return ". ".join([*partes, *([f"Nada: {', '.join(nada)}"] if nada else [])])


TABELAS = {
    "pessoais": ("dados-pessoais.md", pessoais),
    "settings": ("operador.md", settings),
    "codigos": ("integrador.md", codigos),
    "avisos": ("integrador.md", avisos),
    "diferencas": ("retaguarda.md", diferencas),
}


def com_tabelas(pagina: str, texto: str) -> str:
    """The page with its tables as the code has them now."""
    for marca, (onde, tabela) in TABELAS.items():
        if onde == pagina:
            novo, vezes = re.subn(
                rf"(<!-- {marca} -->\n).*?(<!-- /{marca} -->)",
                lambda achado, tabela=tabela: f"{achado[1]}{tabela()}\n{achado[2]}",
                texto,
                flags=re.S,
            )
            if vezes != 1:
                raise ValueError(f"docs/{pagina}: as marcas {marca} devem estar uma vez")
            texto = novo
    return texto


def escrever() -> None:
    """Write every table into its page."""
    for pagina in {onde for onde, _ in TABELAS.values()}:
        caminho = DOCS / pagina
        caminho.write_text(com_tabelas(pagina, caminho.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    escrever()
