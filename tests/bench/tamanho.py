"""Tables with a million rows each against empty ones: what a sale pays for a site's past.

    python -m tests.bench.tamanho [--linhas 1000000] [--rodadas 8] [--curto] [--publicar]

Two gateways of this version on two databases of one PostgreSQL: one is new, the other holds so many ended pre-sales,
copies of one that was reserved and cancelled. Both run every workload in turns. A ratio is operations per second on the
full one ÷ on the new one. ``--publicar`` writes the table into docs/velocidade.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os

import sqlalchemy as sa

from tests.bench import relatorio
from tests.bench.banco import conectar, postgresql
from tests.bench.carga import cesta, entrar
from tests.bench.competidores import Cesta, novo_numero
from tests.bench.contra import (
    COMPLETO,
    CURTO,
    ESTA,
    OUTRA,
    Placar,
    Tamanho,
    abridor,
    aquecer,
    criar,
    em_turnos,
    medir,
    novo_banco,
)
from tests.bench.processo import gateway
from tests.support import servers

METAS = dict.fromkeys(("3 items", "30 items", "300 items"), "≥ 0.91")
# By table, the keys of a copy; ``g`` counts them.
COPIAS = {
    "pcpedc": {"numped": "900000000 + g", "numpedhube": "'H-' || g"},
    "pcpedi": {"numped": "900000000 + g"},
    "gw_reserva": {"numped": "900000000 + g", "numero": "'H-' || g"},
    "gw_pre_venda": {"numped": "900000000 + g", "numero": "'H-' || g"},
    "gw_operacao": {"numped": "900000000 + g", "numero": "'H-' || g", "id": "'h' || g || operacao"},
    "gw_evento": {"numped": "900000000 + g", "numero": "'H-' || g", "id": "'h' || g || tipo", "seq": "NULL"},
    "pclogpedidoapi": {"numped": "900000000 + g"},
}
PENDENTE = {"gw_evento": {"pendente": "NULL"}}


def encher(url: sa.URL, numped: int, linhas: int) -> None:
    """Copy the rows of an ended pre-sale so many times."""
    with conectar(url) as connection:
        for tabela, trocas in COPIAS.items():
            query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            nomes = [nome for (nome,) in connection.execute(query, [tabela])]
            todas = {**trocas, **PENDENTE.get(tabela, {})}
            colunas = ", ".join(f'"{nome}"' for nome in nomes)
            valores = ", ".join(todas.get(nome, f'm."{nome}"') for nome in nomes)
            copiar = (
                f"INSERT INTO {tabela} ({colunas}) SELECT {valores} FROM {tabela} m,"  # noqa: S608
                f" generate_series(1, {linhas}) g WHERE m.numped = {numped}"
            )
            connection.execute(copiar.encode())
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def comparar(url: sa.URL, linhas: int, t: Tamanho) -> Placar:
    """All rounds, the full database first named."""
    with contextlib.ExitStack() as pilha:
        cargas_de, servidores = {}, {}
        for nome, quantas in ((ESTA, linhas), (OUTRA, 0)):
            banco = url.set(database=novo_banco(url, "cheia" if quantas else "nova"))
            criar(banco, servers.ROOT)
            servidores[nome] = servidor = pilha.enter_context(gateway(banco))
            abrir = abridor(servidor.port, entrar(servidor.port))
            if quantas:
                sessao = abrir(Cesta(cesta(3), {}))
                numped = sessao.reservar(numero := novo_numero()) or 0
                sessao.cancelar(numero, numped)
                sessao.close()
                encher(banco, numped, quantas)
            aquecer(banco, abrir)
            cargas_de[nome] = medir(abrir, t)
        return em_turnos(cargas_de, servidores, t.rodadas)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--linhas", type=int, default=1_000_000)
    parser.add_argument("--rodadas", type=int, default=8)
    parser.add_argument("--curto", action="store_true", help="to see that it runs: ten thousand rows, two rounds")
    parser.add_argument("--publicar", action="store_true", help="write into docs/velocidade.md")
    args = parser.parse_args()
    t = (
        CURTO
        if args.curto
        else Tamanho(args.rodadas, COMPLETO.tres, COMPLETO.trinta, COMPLETO.trezentos, COMPLETO.vida)
    )
    linhas = min(args.linhas, 10_000) if args.curto else args.linhas
    alheia = os.getloadavg()[0]
    with postgresql() as url:
        placar = comparar(url, linhas, t)
    tabela = placar.tabela((f"{linhas} ended pre-sales", "none"), METAS)
    escrita = f"{t.rodadas} rounds in turns (load of others {alheia:.1f}).\n\n{tabela}"
    print(escrita)
    if args.publicar:
        relatorio.escrever("tamanho", escrita)


if __name__ == "__main__":
    main()
