"""The back-office panel (``/painel``): pages in Portuguese, made on the server, without JavaScript."""

from __future__ import annotations

from flask import Flask

from app.painel import (
    acesso,
    assinaturas,
    conciliacao,
    estoque,
    fluxo,
    operacoes,
    paginas,
    planilhas,
    politicas,
    reservas,
    visao,
)

__all__ = [
    "acesso",
    "assinaturas",
    "conciliacao",
    "estoque",
    "fluxo",
    "install",
    "operacoes",
    "planilhas",
    "politicas",
    "reservas",
    "visao",
]


def install(app: Flask) -> None:
    """Register the pages."""
    paginas.install(app)
