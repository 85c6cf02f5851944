"""Why each refused operation of a list was refused, in the words that its sender was told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.services.gateway import Gateway
from app.services.operacao.log_gravado import ler_json
from app.winthor.consultas import lista_de_operacoes


@dataclass(frozen=True, slots=True)
class PrimeiroProblema:
    """The first problem of a refusal, and how many more there were."""

    mensagem: str
    outros: int


def primeiros_problemas(gw: Gateway, ids: Collection[str]) -> dict[str, PrimeiroProblema]:
    """By operation; one of which nothing was stored is not there. One statement."""
    with gw.db.read() as connection:
        gravadas = lista_de_operacoes.respostas(connection, ids)
    achados = {}
    for id_operacao, gravada in gravadas.items():
        dita = gw.renderizacao.gravada(ler_json(gravada))
        mensagens = [str(erro["mensagem"]) for erro in dita.erros if erro.get("mensagem")]
        if mensagens or dita.mensagem:
            primeira = mensagens[0] if mensagens else dita.mensagem
            achados[id_operacao] = PrimeiroProblema(primeira, max(len(mensagens) - 1, 0))
    return achados
