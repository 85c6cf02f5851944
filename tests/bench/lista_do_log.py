"""The back office's list of operations over HTTP, with ten thousand and with a million of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from tests.bench.banco import conectar
from tests.bench.carga import Http, entrar, percentil
from tests.bench.processo import gateway

# One operation each 20 seconds up to now, one in five refused, over a hundred branches' numbers of pre-sale.
_ENCHER = """
INSERT INTO gw_operacao (id, codfilial, numero, situacao, fingerprint, caller, operacao, estado, codigo, httpstatus,
                         resposta, numped, dtinicio, dtlimite, dtfim, tempos)
SELECT lpad(to_hex((extract(epoch FROM quando) * 1000)::bigint), 12, '0') || lpad(to_hex(n), 20, '0'),
       CASE n %% 3 WHEN 0 THEN '1' WHEN 1 THEN '2' ELSE '10' END, 'LOG-' || n, 2, md5(n::text) || md5(n::text), 'hub',
       CASE n %% 10 WHEN 1 THEN 'A' WHEN 2 THEN 'C' ELSE 'I' END, CASE n %% 5 WHEN 0 THEN 'R' ELSE 'A' END,
       CASE n %% 5 WHEN 0 THEN 'ESTOQUE_INSUFICIENTE' END, CASE n %% 5 WHEN 0 THEN 409 ELSE 201 END,
       '{"success": true}', 9000000 + n, quando, quando + interval '15 s', quando + interval '20 ms', '{"locks": 1}'
FROM (SELECT n, (now() AT TIME ZONE 'utc') - make_interval(secs => 20.0 * n) AS quando
      FROM generate_series(%s::int, %s::int) AS n) AS operacoes
"""

CONSULTAS = {
    "first page": "/api/v1/log?limite=50",
    "refused, one branch": "/api/v1/log?limite=50&status=R&filial=2",
    "by pre-sale number": "/api/v1/log?limite=50&numero=LOG-77",
    "a day in the middle": "/api/v1/log?limite=50&de={de}&ate={ate}",
}


@dataclass(frozen=True, slots=True)
class Tempo:
    """How long one query takes with so many operations, in milliseconds."""

    operacoes: int
    consulta: str
    p50: float
    p95: float


def medir(url: sa.URL, tamanhos: tuple[int, ...], vezes: int) -> Iterator[Tempo]:
    """Fill GW_OPERACAO up to each size and ask each query ``vezes`` times."""
    cheia = 0
    with conectar(url) as connection, gateway(url) as servidor:
        connection.autocommit = True
        http = Http(servidor.port, entrar(servidor.port, "retaguarda"))
        for tamanho in tamanhos:
            connection.execute(_ENCHER, [cheia + 1, tamanho])
            connection.execute("VACUUM ANALYZE gw_operacao")
            cheia = tamanho
            meio = time.time() - 20 * tamanho / 2
            dias = {"de": _instante(meio), "ate": _instante(meio + 86400)}
            for nome, path in CONSULTAS.items():
                tempos = [_pedir(http, path.format(**dias)) for _ in range(vezes)]
                yield Tempo(tamanho, nome, percentil(tempos, 50), percentil(tempos, 95))
        http.close()


def _instante(segundos: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(segundos))


def _pedir(http: Http, path: str) -> float:
    inicio = time.perf_counter()
    status, body = http.pedir("GET", path)
    if status != 200:
        raise RuntimeError(f"HTTP {status}: {body[:300].decode()}")
    return (time.perf_counter() - inicio) * 1000
