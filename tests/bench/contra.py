"""This version against an earlier one: both over HTTP, on one PostgreSQL with fsync on, in turns.

    python -m tests.bench.contra COMMIT [--rodadas 12] [--curto] [--publicar]

The earlier version runs from a git worktree of its own with this interpreter and its packages, on a database that it
has made itself, where WinThor's tables have the same indexes. In each round both run every workload, one right after
the other; who begins changes. A ratio is operations per second of this version ÷ of the other, in the same round; of
the gateways' processor time too, which says something when the machine has much else to do. ``--publicar`` writes the
table into docs/velocidade.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil
import psycopg
import sqlalchemy as sa

from tests.bench import cargas, latencia, relatorio
from tests.bench.banco import CHAVE, abastecer, conectar, postgresql, texto
from tests.bench.carga import cesta, entrar
from tests.bench.competidores import Abrir, Cesta, PeloGateway, novo_numero
from tests.bench.processo import Gateway, gateway
from tests.support import servers

CLIENTES = 8
AQUECIMENTO = 300
METAS = {"3 items": "≥ 1.15", "30 items": "≥ 1.30", "300 items": "≥ 1.30"}
ESTA, OUTRA = "this version", "the other"


class ComProcessador(Protocol):
    """What tells how many seconds of processor time it has had."""

    def cpu(self) -> float: ...


# Operations per second by workload.
Ritmos = dict[str, float]


@dataclass(frozen=True, slots=True)
class Tamanho:
    """Rounds, and operations of each workload in one of them."""

    rodadas: int
    tres: int
    trinta: int
    trezentos: int
    vida: int


COMPLETO = Tamanho(12, 200, 80, 12, 80)
CURTO = Tamanho(2, 20, 10, 3, 8)


@dataclass(slots=True)
class Placar:
    """What each version made of each workload, round by round."""

    ritmos: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    cpu: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def anotar(self, versao: str, ritmos: Ritmos, cpu_s: float) -> None:
        """``cpu_s``: seconds of processor time of that gateway, told where they were for one workload."""
        if len(ritmos) == 1:
            self.cpu.setdefault(next(iter(ritmos)), {}).setdefault(versao, []).append(cpu_s)
        for carga, ritmo in ritmos.items():
            self.ritmos.setdefault(carga, {}).setdefault(versao, []).append(ritmo)

    def tabela(self, nomes: tuple[str, str], metas: Mapping[str, str]) -> str:
        """Markdown: one line for each workload; ``nomes`` of the two."""
        linhas = [
            ["workload", f"{nomes[0]}, per second", nomes[1], "ratio (range over the rounds)", "aim", "processor time"]
        ]
        for carga, versoes in self.ritmos.items():
            esta, outra = versoes[ESTA], versoes[OUTRA]
            razoes = [a / b for a, b in zip(esta, outra, strict=True)]
            linhas.append(
                [
                    carga,
                    f"{statistics.median(esta):.0f}",
                    f"{statistics.median(outra):.0f}",
                    f"{statistics.median(razoes):.2f} ({min(razoes):.2f}–{max(razoes):.2f})",
                    metas.get(carga, "–"),
                    self._processador(carga),
                ]
            )
        return relatorio.tabela(linhas)

    def _processador(self, carga: str) -> str:
        """What the gateway spent of the processor ÷ what the other spent for the same operations."""
        if carga not in self.cpu:
            return "–"
        razoes = [a / b for a, b in zip(self.cpu[carga][ESTA], self.cpu[carga][OUTRA], strict=True)]
        return f"{statistics.median(razoes):.2f} ({min(razoes):.2f}–{max(razoes):.2f})"


@contextlib.contextmanager
def outra_arvore(commit: str) -> Iterator[Path]:
    """The source tree of a commit, in a worktree that is taken away again."""
    with tempfile.TemporaryDirectory(prefix="contra-") as pasta:
        arvore = Path(pasta) / "arvore"
        git = ["git", "-C", str(servers.ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(arvore), commit], check=True)
        try:
            yield arvore
        finally:
            subprocess.run([*git, "remove", "--force", str(arvore)], check=True)


def criar(url: sa.URL, arvore: Path) -> None:
    """The demo as that version makes it, with the products and the stock that the workloads need."""
    env = servers.ambiente({"database_url": texto(url), "jwt_chave": CHAVE}, arvore)
    comando = [sys.executable, "-m", "app.cli", "db", "create", "--demo"]
    subprocess.run(comando, cwd=arvore, env=env, check=True, stdout=subprocess.DEVNULL)
    abastecer(url)


def igualar_indices(modelo: sa.URL, outro: sa.URL) -> None:
    """Give WinThor's tables of the one database the indexes that they have in the other: they are the ERP's, whichever
    version sells from them, and each row of an order pays for them."""
    with conectar(modelo) as connection:
        indices = dict(connection.execute(_INDICES_DO_WINTHOR).fetchall())
    with conectar(outro) as connection:
        connection.autocommit = True
        for nome in indices.keys() - dict(connection.execute(_INDICES_DO_WINTHOR).fetchall()).keys():
            with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):  # it knows no such
                connection.execute(indices[nome].encode())


_INDICES_DO_WINTHOR = """SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename LIKE 'pc%'"""


def medir(abrir: Abrir, t: Tamanho) -> dict[str, Callable[[], Ritmos]]:
    """The workloads of one version."""

    def reservar(nome: str, itens: int, quantas: int, clientes: int = 1) -> Callable[[], Ritmos]:
        cestas = [Cesta(cesta(itens, cliente, produtos=300), {}) for cliente in range(clientes)]
        return lambda: {nome: cargas.reservas(abrir, cestas, quantas)}

    def vida() -> Ritmos:
        ritmos = cargas.vida(abrir, Cesta(cesta(3), {}), t.vida)
        return {f"{latencia.NOMES[operacao]}, 3 items": ritmo for operacao, ritmo in ritmos.items()}

    return {
        "3": reservar("3 items", 3, t.tres),
        "30": reservar("30 items", 30, t.trinta),
        "300": reservar("300 items", 300, t.trezentos),
        "8 clients": reservar(f"3 items, {CLIENTES} clients", 3, t.tres // 4, CLIENTES),
        "vida": vida,
    }


def comparar(url: sa.URL, commit: str, t: Tamanho) -> Placar:
    """All rounds, each version on a database of its own on the server of ``url``."""
    with outra_arvore(commit) as arvore, contextlib.ExitStack() as pilha:
        cargas_de: dict[str, dict[str, Callable[[], Ritmos]]] = {}
        servidores: dict[str, Gateway] = {}
        bancos: list[sa.URL] = []
        for versao, raiz in ((ESTA, servers.ROOT), (OUTRA, arvore)):
            banco = url.set(database=novo_banco(url, "esta" if versao == ESTA else "outra"))
            criar(banco, raiz)
            bancos.append(banco)
            igualar_indices(bancos[0], banco)
            servidores[versao] = servidor = pilha.enter_context(gateway(banco, arvore=raiz, rotinas=True))
            _conferir_arvore(servidor.processo, raiz)
            token = entrar(servidor.port)
            abrir = abridor(servidor.port, token)
            aquecer(banco, abrir)
            cargas_de[versao] = medir(abrir, t)
        return em_turnos(cargas_de, servidores, t.rodadas)


def em_turnos(
    cargas_de: Mapping[str, Mapping[str, Callable[[], Ritmos]]], servidores: Mapping[str, ComProcessador], rodadas: int
) -> Placar:
    """All rounds: each workload of both, one right after the other; who begins changes."""
    placar = Placar()
    for n in range(rodadas):
        ordem = (ESTA, OUTRA) if n % 2 == 0 else (OUTRA, ESTA)
        for carga in cargas_de[ESTA]:
            for versao in ordem:
                antes = servidores[versao].cpu()
                ritmos = cargas_de[versao][carga]()
                placar.anotar(versao, ritmos, servidores[versao].cpu() - antes)
        print(f"round {n + 1} of {rodadas}", file=sys.stderr)
    return placar


def abridor(port: int, token: str) -> Abrir:
    return lambda c: PeloGateway(port, token, c)


def _conferir_arvore(processo: psutil.Process, raiz: Path) -> None:
    if Path(processo.cwd()).resolve() != raiz.resolve():
        raise RuntimeError("o gateway não é o desta árvore")


def novo_banco(url: sa.URL, nome: str) -> str:
    with conectar(url) as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {nome}".encode())
    return nome


def aquecer(url: sa.URL, abrir: Abrir) -> None:
    """Sell for a while, then ANALYZE: plans that are kept must not be those of empty tables."""
    sessao = abrir(Cesta(cesta(3), {}))
    for _ in range(AQUECIMENTO):
        sessao.reservar(novo_numero())
    sessao.close()
    with conectar(url) as banco:
        banco.autocommit = True
        banco.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", help="the version to compare with")
    parser.add_argument("--rodadas", type=int, help="rounds, 8 or more for figures to keep")
    parser.add_argument("--curto", action="store_true", help="to see that it runs")
    parser.add_argument("--publicar", action="store_true", help="write into docs/velocidade.md")
    args = parser.parse_args()
    t = CURTO if args.curto else COMPLETO
    if args.rodadas:
        t = Tamanho(args.rodadas, t.tres, t.trinta, t.trezentos, t.vida)
    alheia = os.getloadavg()[0]
    with postgresql() as url:
        placar = comparar(url, args.commit, t)
    tabela = placar.tabela(("this version", f"`{args.commit}`"), METAS)
    escrita = f"{t.rodadas} rounds in turns (load of others {alheia:.1f}).\n\n{tabela}"
    print(escrita)
    if args.publicar:
        relatorio.escrever("contra", escrita)


if __name__ == "__main__":
    main()
