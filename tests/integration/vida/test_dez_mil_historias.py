"""Ten thousand random histories of a stock row, counted by another hand: plain SQL that shares nothing with the
gateway's.

A history is what happened to one product: orders of any sale type and position, families of a future sale, lines that
were cut, kits. Parameter 2542 is on in branch 1 only.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.consultas import conciliacao
from app.winthor.esquema.tables import PCEST, PCPEDC, PCPEDI, PCPEDICESTA
from tests.support.gateway import Casa

HISTORIAS = 10_000
PRODUTO, KIT = 100_000, 990_000
HOJE = dt.datetime.fromisoformat("2026-03-02")
A_OUTRA_MAO = """
WITH VIVO AS (
    SELECT NUMPED, CODFILIAL, CASE WHEN CONDVENDA IS NULL THEN 1 ELSE CONDVENDA END AS TV FROM PCPEDC
    WHERE (POSICAO = 'L' OR POSICAO = 'M') AND (NUMTRANSVENDA IS NULL OR NUMTRANSVENDA = 0)
), DIVIDIDO AS (
    SELECT DISTINCT NUMPEDENTFUT AS NUMPED FROM PCPEDC WHERE CONDVENDA = 8 AND NUMPEDENTFUT > 0
), CONTADA AS (
    SELECT I.NUMPED, I.CODPROD, I.NUMSEQ, I.QT, CASE WHEN I.CODFILIALRETIRA IS NULL THEN V.CODFILIAL
                                                     ELSE I.CODFILIALRETIRA END AS FILIAL
    FROM PCPEDI I, VIVO V
    WHERE I.NUMPED = V.NUMPED AND (I.POSICAO IS NULL OR I.POSICAO <> 'C') AND V.TV <> 7
    UNION ALL
    SELECT I.NUMPED, I.CODPROD, I.NUMSEQ, I.QT, CASE WHEN I.CODFILIALRETIRA IS NULL THEN V.CODFILIAL
                                                     ELSE I.CODFILIALRETIRA END
    FROM PCPEDI I, VIVO V
    WHERE I.NUMPED = V.NUMPED AND (I.POSICAO IS NULL OR I.POSICAO <> 'C') AND V.TV = 7 AND V.CODFILIAL = '1'
      AND NOT EXISTS (SELECT 1 FROM DIVIDIDO D WHERE D.NUMPED = V.NUMPED)
    UNION ALL
    SELECT I.NUMPED, I.CODPROD, I.NUMSEQ, I.QT, CASE WHEN I.CODFILIALRETIRA IS NULL THEN V.CODFILIAL
                                                     ELSE I.CODFILIALRETIRA END
    FROM PCPEDI I, VIVO V, DIVIDIDO D
    WHERE I.NUMPED = V.NUMPED AND D.NUMPED = V.NUMPED AND V.TV = 7 AND (I.POSICAO IS NULL OR I.POSICAO <> 'C')
      AND (I.TIPOENTREGA IS NULL OR I.TIPOENTREGA = 'RI')
)
SELECT FILIAL, CODPROD, SUM(QT) FROM (
    SELECT FILIAL, CODPROD, QT FROM CONTADA C
    WHERE NOT EXISTS (SELECT 1 FROM PCPEDICESTA P WHERE P.NUMPED = C.NUMPED AND P.CODPROD = C.CODPROD)
    UNION ALL
    SELECT C.FILIAL, P.CODPRODMP, P.QTMP * C.QT FROM CONTADA C, PCPEDICESTA P
    WHERE P.NUMPED = C.NUMPED AND P.CODPROD = C.CODPROD AND P.NUMSEQ = C.NUMSEQ
) T GROUP BY FILIAL, CODPROD
"""


class Sorteio:
    """Rows of random histories, one product each."""

    def __init__(self, semente: int) -> None:
        self.sorte = random.Random(semente)  # noqa: S311 - no secret
        self.cabecalhos: list[dict[str, Any]] = []
        self.linhas: list[dict[str, Any]] = []
        self.partes: list[dict[str, Any]] = []
        for codprod in range(PRODUTO, PRODUTO + HISTORIAS):
            for _ in range(self.sorte.randint(0, 3)):
                self._pedido(codprod)

    def _pedido(self, codprod: int) -> None:
        sorte, numped = self.sorte, 1_000_000 + 10 * len(self.cabecalhos)
        condvenda = sorte.choice([None, 1, 1, 1, 5, 7, 7, 8, 11])
        self._cabecalho(numped, condvenda)
        self._linha(numped, codprod, em_kit=sorte.random() < 0.2)
        if condvenda == 7 and sorte.random() < 0.6:
            self._cabecalho(numped + 1, 8, entrega_de=numped)
            self._linha(numped + 1, codprod, em_kit=False)

    def _cabecalho(self, numped: int, condvenda: int | None, entrega_de: int | None = None) -> None:
        sorte = self.sorte
        self.cabecalhos.append(
            {
                **{"NUMPED": numped, "DATA": HOJE, "CODCLI": 1, "CODUSUR": 1, "CODFILIAL": sorte.choice(["1", "2"])},
                "POSICAO": sorte.choice(["L", "L", "L", "M", "B", "P", "F", "C"]),
                "CONDVENDA": condvenda,
                "NUMTRANSVENDA": sorte.choice([None, None, None, 0, 7]),
                "NUMPEDENTFUT": entrega_de,
                "DTINICIALSEP": sorte.choice([None, HOJE]),
            }
        )

    def _linha(self, numped: int, codprod: int, *, em_kit: bool) -> None:
        sorte = self.sorte
        for numseq in range(1, sorte.randint(1, 2) + 1):
            self.linhas.append(
                {
                    **{"NUMPED": numped, "NUMSEQ": numseq, "CODPROD": KIT if em_kit else codprod, "PVENDA": 10},
                    "QT": sorte.choice([Decimal(1), Decimal(3), Decimal("0.5"), Decimal("2.25")]),
                    "POSICAO": sorte.choice([None, "L", "C"]),
                    "TIPOENTREGA": sorte.choice([None, "RI", "RP", "EN", "EF"]),
                    "CODFILIALRETIRA": sorte.choice([None, None, "2"]),
                }
            )
            if em_kit:
                parte = {"NUMPED": numped, "NUMSEQ": numseq, "CODPROD": KIT, "CODPRODMP": codprod}
                self.partes.append({**parte, "QTMP": sorte.choice([Decimal(2), Decimal("1.5")]), "PVENDA": 5})

    def contadores(self) -> Iterator[dict[str, Any]]:
        for codprod in range(PRODUTO, PRODUTO + HISTORIAS):
            for filial in ("1", "2"):
                contado = self.sorte.choice([None, Decimal(0), Decimal(3), Decimal("0.5")])
                yield {"CODFILIAL": filial, "CODPROD": codprod, "QTESTGER": 10**6, "QTRESERV": contado}


def test_another_count_agrees(casa: Casa) -> None:
    casa.executar("INSERT INTO PCMETAPARAMFILIAL (NOME, ID, VALORDEFAULT) VALUES ('RESERVARESTOQUETV7', 2542, 'N')")
    casa.executar("INSERT INTO PCPARAMFILIAL (NOME, CODFILIAL, VALOR) VALUES ('RESERVARESTOQUETV7', '1', 'S')")
    sorteio = Sorteio(17)
    contadores = list(sorteio.contadores())
    with casa.engine.begin() as connection:
        for table, rows in (
            (PCPEDC, sorteio.cabecalhos),
            (PCPEDI, sorteio.linhas),
            (PCPEDICESTA, sorteio.partes),
            (PCEST, contadores),
        ):
            connection.execute(sa.insert(table), rows)
        outra = {
            (filial, codprod): Decimal(str(qt)) for filial, codprod, qt in connection.execute(sa.text(A_OUTRA_MAO))
        }
    with casa.gw.db.read(in_batches=True) as connection:
        regra = casa.gw.regra_de_retencao(connection)
        achados = {c.chave: (c.esperado, c.reservado) for c in conciliacao.contadores(connection, regra, None)}
    certos = 0
    for row in contadores:
        chave = (row["CODFILIAL"], row["CODPROD"])
        pela_outra, contado = outra.pop(chave, Decimal(0)), row["QTRESERV"] or Decimal(0)
        if pela_outra == contado:
            assert chave not in achados
            certos += 1
        else:
            assert achados[chave] == (pela_outra, contado)
    assert outra == {}
    assert HISTORIAS / 10 < certos < 2 * HISTORIAS - HISTORIAS / 10  # both kinds are many
