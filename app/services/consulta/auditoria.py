"""What people did in the back office."""

from __future__ import annotations

from typing import Any

from app.services.acesso.credenciais import Caller
from app.services.consulta.log_gravado import ler_objeto
from app.services.consulta.operacoes import operacao_json
from app.services.gateway import Gateway
from app.winthor import operacoes
from app.winthor.consultas import lista_de_operacoes


def recentes(gw: Gateway, caller: Caller, limite: int = 30) -> list[dict[str, Any]]:
    """The newest actions of people: who, when, what and why."""
    feitas = []
    with gw.db.read() as connection:
        for row in lista_de_operacoes.de_pessoas(connection, caller.filiais, limite):
            corpo = ler_objeto(operacoes.ler_json_do_log(connection, row["LOGROWID"]) if row["LOGROWID"] else None)
            feitas.append(
                {
                    **operacao_json(row),
                    "acao": (corpo or {}).get("acao"),
                    "tipo": (corpo or {}).get("tipo"),
                    "motivo": (corpo or {}).get("motivo"),
                }
            )
    return feitas
