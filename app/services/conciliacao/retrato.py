"""The reconciliation as people look at it: of now, or of a large site as the sweep's job last made it (R19).

Nothing is mended by it: whoever corrects compares anew, and from then on there is no picture until the next one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from app.services import retrato
from app.services.conciliacao.conciliar import conciliar
from app.services.conciliacao.diferenca import Conciliacao, Diferenca
from app.services.gateway import Gateway
from app.winthor.consultas import conciliacao
from app.winthor.db.transaction import Connection

TIPO = "CONCILIACAO"
# Up to so many live orders whoever asks compares, and always sees the present.
CONFERIDOS_NA_HORA = 5000
REFEITO_APOS = dt.timedelta(minutes=4)
PAGA_SEM_RETENCAO = "PAGA_SEM_RETENCAO"


def e_grande(connection: Connection) -> bool:
    """Whether too many orders live for somebody to wait for it."""
    return conciliacao.passam_de(connection, CONFERIDOS_NA_HORA)


def guardar(gw: Gateway) -> int:
    """Compare a large site and keep what was found; how many differences, 0 where nobody needs it."""
    with gw.db.read() as connection:
        if not e_grande(connection) or retrato.e_nova(gw, connection, TIPO, REFEITO_APOS):
            return 0
    feita = conciliar(gw)
    por_filial: dict[str, list[dict[str, Any]]] = {}
    for ordem, diferenca in enumerate(feita.diferencas):
        por_filial.setdefault(diferenca.filial or retrato.SEM_FILIAL, []).append(_escrita(ordem, diferenca))
    retrato.guardar(gw, TIPO, feita.gerado_em, {filial: json.dumps(lista) for filial, lista in por_filial.items()})
    return len(feita.diferencas)


def ver(gw: Gateway, filiais: frozenset[str] | None = None) -> Conciliacao:
    """What a person is shown; ``filiais``: the caller's branches, None = all. Raises as ``conciliar``."""
    with gw.db.read() as connection:
        guardado = retrato.ler(gw, connection, TIPO, filiais) if e_grande(connection) else None
    if guardado is None:
        return conciliar(gw, filiais)
    escritas = [escrita for conteudo in guardado.conteudos.values() for escrita in json.loads(conteudo)]
    return Conciliacao(guardado.quando, [_lida(e) for e in sorted(escritas, key=lambda e: int(e["ordem"]))])


def esquecer(gw: Gateway) -> None:
    """Something was to be corrected: of a large site what was found before is not shown any more."""
    with gw.db.read() as connection:
        grande = e_grande(connection)
    if grande:
        retrato.esquecer(gw, TIPO)


def count_pagas_sem_retencao(gw: Gateway, filiais: frozenset[str] | None) -> int:
    """How many paid reservations hold nothing; of a large site as its picture has it, 0 without one."""
    with gw.db.read(in_batches=True) as connection:
        if not e_grande(connection):
            regra = gw.regra_de_retencao(connection)
            return sum(1 for _ in conciliacao.pagas_sem_retencao(connection, regra, filiais))
        guardado = retrato.ler(gw, connection, TIPO, filiais)
    if guardado is None:
        return 0
    return sum(e["tipo"] == PAGA_SEM_RETENCAO for texto in guardado.conteudos.values() for e in json.loads(texto))


def _escrita(ordem: int, diferenca: Diferenca) -> dict[str, Any]:
    valores = {nome: valor for nome, valor in asdict(diferenca).items() if valor is not None}
    return {"ordem": ordem, **{nome: _texto(valor) for nome, valor in valores.items()}}


def _texto(valor: Any) -> Any:
    if isinstance(valor, Decimal):
        return str(valor)
    return valor.isoformat() if isinstance(valor, dt.datetime) else valor


_COMO: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("esperado", "reservado", "diferenca", "valor"), Decimal),
    "desde": dt.datetime.fromisoformat,
    "anotacoes": tuple,
}


def _lida(escrita: dict[str, Any]) -> Diferenca:
    valores = {nome: _COMO.get(nome, lambda v: v)(valor) for nome, valor in escrita.items() if nome != "ordem"}
    return Diferenca(**{"filial": None, **valores})
