"""`make prova`: the counted figures of docs/provas.md. `make soak MINUTOS=30`: everything at once for so long.

Writes ``build/prova`` or ``build/soak``: relatorio.md, the charts, and each call of each experiment as a line of JSON.
Ends with 1 when anything was found.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.reliability.prova import provas
from tests.reliability.prova.banco import OracleNoProtocolo
from tests.reliability.prova.laudo import Prova
from tests.reliability.prova.relatorio import escrever

SAIDA = Path("build")


def todas(pasta: Path, parte: float) -> Iterator[Callable[[], Prova]]:
    """The counted experiments; ``parte``: share of their repetitions."""

    def vezes(n: int) -> int:
        return max(1, round(n * parte))

    yield lambda: provas.produto_unico(pasta / "produto-unico", vezes(20))
    yield lambda: provas.controle(pasta / "controle")
    yield lambda: provas.cestas(pasta / "cestas", 60 * parte)
    yield lambda: provas.winthor_nos_pedidos(pasta / "winthor", 60 * parte)
    yield lambda: provas.filiais_e_cotas(pasta / "filiais", 60 * parte)
    yield lambda: provas.reinicios(pasta / "reinicios", vezes(12))
    yield lambda: provas.reinicios(pasta / "oracle", vezes(12), banco=OracleNoProtocolo, nome="Oracle protocol server")
    yield lambda: provas.mortes(pasta / "mortes", vezes(100), vezes(50))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("que", choices=["prova", "soak"])
    parser.add_argument("--minutos", type=float, default=30.0, help="length of the soak")
    parser.add_argument("--parte", type=float, default=1.0, help="share of the repetitions of the proof")
    escolha = parser.parse_args()
    pasta = (SAIDA / escolha.que).resolve()
    shutil.rmtree(pasta, ignore_errors=True)
    pasta.mkdir(parents=True)
    if escolha.que == "soak":
        comando = f"make soak MINUTOS={escolha.minutos:g}"
        lista: list[Callable[[], Prova]] = [lambda: provas.soak(pasta / "soak", escolha.minutos)]
    else:
        comando = "make prova" if escolha.parte == 1 else f"make prova PARTE={escolha.parte:g}"
        lista = list(todas(pasta, escolha.parte))
    feitas: list[Prova] = []
    for fazer in lista:
        inicio = time.monotonic()
        feitas.append(fazer())
        print(f"{feitas[-1].nome}: {time.monotonic() - inicio:.0f} s, {len(feitas[-1].achados)} findings", flush=True)
        relatorio = escrever(pasta, "What was proven", comando, feitas)
    print(relatorio.read_text())
    return 1 if any(prova.achados for prova in feitas) else 0


if __name__ == "__main__":
    sys.exit(main())
