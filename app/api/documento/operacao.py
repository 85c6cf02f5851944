"""What the document says of one operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

# Errors that any operation may answer; 400 also for control characters in the address.
DE_TODAS = ("JSON_INVALIDO", "BANCO_OCUPADO", "BANCO_INDISPONIVEL", "BANCO_INCOMPLETO", "SOBRECARGA", "ERRO_INTERNO")
DO_TOKEN = ("NAO_AUTENTICADO", "ESCOPO_INSUFICIENTE", "LIMITE_EXCEDIDO")
ENDERECO_ANTIGO = "Endereço antigo"
DA_FILIAL = ("FILIAL_NAO_AUTORIZADA",)
DO_CORPO = ("CORPO_GRANDE", "TIPO_NAO_SUPORTADO", "CAMPO_INVALIDO")


@dataclass(frozen=True, slots=True)
class Exemplo:
    """A request that runs as it stands on a new demo. ``nome`` is unique in the document."""

    nome: str
    resumo: str
    http: int = 200
    caminho: Mapping[str, str | int] = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    corpo: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OperacaoDoDocumento:
    """One verb of one path. ``login``: the demo login its examples use, None where no token is asked.

    ``respostas``: status -> (words, schema); ``formato``: the media type of its answers. ``erros``: codes beyond
    those of every operation like it.
    """

    metodo: str
    caminho: str
    grupo: str
    resumo: str
    descricao: str
    respostas: Mapping[int, tuple[str, type[Schema] | Mapping[str, Any]]]
    exemplos: tuple[Exemplo, ...]
    login: str | None = "retaguarda"
    erros: tuple[str, ...] = ()
    query: type[Schema] | None = None
    corpo: type[Schema] | None = None
    formato: str = "application/json"

    @property
    def nome(self) -> str:
        """The operation's id: the name of its first example."""
        return self.exemplos[0].nome

    @property
    def codigos(self) -> tuple[str, ...]:
        """Every code of error it may answer."""
        token = DO_TOKEN if self.login else ()
        corpo = DO_CORPO if self.corpo else ()
        return tuple(dict.fromkeys((*DE_TODAS, *token, *corpo, *self.erros)))
