"""What comparing a site's own past costs: ``prevenda comparar`` over a generated log, as a process of its own.

    python -m tests.bench.comparacao [--pedidos 100000] [--ritmo 500]

Fifty orders of another writer are multiplied over thirty days, each with its row of the log. Prints for a tenth of the
orders and for all of them: seconds, statements, statements per second, the most memory the process held, and what was
found different (nothing).
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import io
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from app.cli import main as comando
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.bench.banco import CHAVE, conectar, postgresql, texto
from tests.integration.comparar.totvs import Totvs
from tests.support.gateway import Casa, Relogio

MODELOS, DIAS = 50, 30
PRIMEIRO = dt.datetime(2026, 3, 2, 9, 30, 15)  # noqa: DTZ001 - WinThor's clock has no zone
SALTO = 1000  # between the numbers of a model and its copies
# Columns whose copies differ, by table.
TROCAS = {
    "pcpedc": {
        "numped": f"numped + s.n * {SALTO}",
        "numpedhube": "replace(numpedhube, 'T-', 'T' || s.n || '-')",
    },
    "pcpedi": {"numped": f"numped + s.n * {SALTO}"},
    "pclogpedidoapi": {
        "numped": f"numped + s.n * {SALTO}",
        "json": "replace(json, '\"T-', '\"T' || s.n || '-')",
    },
}
DATAS = {
    "pcpedc": ("data", "dtentrega", "dtlibera"),
    "pcpedi": ("data", "dtentrega"),
    "pclogpedidoapi": ("data",),
}


def gerar(url: sa.URL, de: int, ate: int) -> None:
    """Copies ``de`` to ``ate`` of the models, spread over the days."""
    with conectar(url) as connection:
        for tabela, trocas in TROCAS.items():
            query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            nomes = [nome for (nome,) in connection.execute(query, [tabela])]
            datas = {nome: f'"{nome}" + make_interval(days => s.n % {DIAS})' for nome in DATAS[tabela] if nome in nomes}
            valores = ", ".join({**trocas, **datas}.get(nome, f'"{nome}"') for nome in nomes)
            colunas = ", ".join(f'"{nome}"' for nome in nomes)
            modelo = f"numped BETWEEN 8500001 AND {8_500_000 + MODELOS}"
            connection.execute(
                f"INSERT INTO {tabela} ({colunas}) SELECT {valores}"  # noqa: S608
                f" FROM {tabela}, generate_series({de}, {ate}) AS s(n) WHERE {modelo}".encode()
            )
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def modelos(url: sa.URL) -> None:
    engine = create_engine(texto(url))
    casa = Casa(engine, Settings(database_url=texto(url)), Relogio(dt.datetime.now(dt.UTC)))
    totvs = Totvs(casa, agora=PRIMEIRO)
    for n in range(MODELOS):
        itens = [("100-1", 2 + n % 3, 10), ("123-1", 1, 120), ("200-2", 3, 10), ("300-3", 1, 8)][: 1 + n % 4]
        totvs.reservar(totvs.corpo(*itens))
    casa.close()
    engine.dispose()


def medir(url: sa.URL, ritmo: int) -> dict[str, Any]:
    """One run in a process of its own."""
    env = {**os.environ, "PREVENDA_DATABASE_URL": texto(url), "PREVENDA_JWT_CHAVE": CHAVE}
    comando = [sys.executable, "-m", __spec__.name, "--filho", "--ritmo", str(ritmo)]
    feito = subprocess.run(comando, env=env, capture_output=True, text=True, check=False)
    if feito.returncode != 0:
        raise SystemExit(feito.stdout + feito.stderr)
    medido: dict[str, Any] = json.loads(feito.stdout.splitlines()[-1])
    return medido


def filho(ritmo: int) -> None:
    """The command itself, with its statements counted."""
    contados = 0

    @event.listens_for(sa.Engine, "before_cursor_execute")
    def contar(*_: Any) -> None:
        nonlocal contados
        contados += 1

    ate = PRIMEIRO + dt.timedelta(days=DIAS - 1)
    sys.argv = ["prevenda", "comparar", "--de", f"{PRIMEIRO:%Y-%m-%d}", "--ate", f"{ate:%Y-%m-%d}"]
    sys.argv += ["--ritmo", str(ritmo), "--json"]
    inicio = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()) as lido, contextlib.suppress(SystemExit):
        comando()
    segundos = time.monotonic() - inicio
    comparado = json.loads(lido.getvalue())
    vereditos = comparado["vereditos"]
    print(
        json.dumps(
            {
                "lidas": comparado["lidas"],
                "iguais": vereditos["iguais"],
                "colunas diferentes": sum(coluna["diferentes"] for coluna in comparado["colunas"]),
                "segundos": round(segundos, 1),
                "comandos": contados,
                "comandos/s": round(contados / segundos, 1),
                "MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            },
            ensure_ascii=False,
        )
    )


def main(pedidos: int, ritmo: int) -> None:
    with postgresql() as url:
        modelos(url)
        copias = pedidos // MODELOS - 1
        um_decimo = max(1, copias // 10)
        gerar(url, 1, um_decimo)
        print(medir(url, ritmo), flush=True)
        gerar(url, um_decimo + 1, copias)
        print(medir(url, ritmo), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pedidos", type=int, default=100_000)
    parser.add_argument("--ritmo", type=int, default=500)
    parser.add_argument("--filho", action="store_true")
    args = parser.parse_args()
    if args.filho:
        filho(args.ritmo)
    else:
        main(args.pedidos, args.ritmo)
