"""What people did in the back office."""

from __future__ import annotations

from dataclasses import dataclass

from app.services.acesso.credenciais import Caller
from app.services.gateway import Gateway
from app.services.operacao.linha_do_log import SemLinha, achar_linha
from app.winthor.consultas import lista_de_operacoes
from app.winthor.consultas.lista_de_operacoes import OperacaoDoLog


@dataclass(frozen=True, slots=True)
class AcaoDePessoa:
    """An operation of a person: what was done (``tipo``: of a correction) and why; None when its log row is gone."""

    resumo: OperacaoDoLog
    acao: str | None
    tipo: str | None
    motivo: str | None


def recentes(gw: Gateway, caller: Caller, limite: int = 30) -> list[AcaoDePessoa]:
    """The newest actions of people: who, when, what and why."""
    feitas = []
    with gw.db.read() as connection:
        for lida in lista_de_operacoes.de_pessoas(connection, caller.filiais, limite):
            linha = achar_linha(connection, lida.rastro)
            corpo = {} if isinstance(linha, SemLinha) else linha.corpo
            feitas.append(AcaoDePessoa(lida.operacao, corpo.get("acao"), corpo.get("tipo"), corpo.get("motivo")))
    return feitas
