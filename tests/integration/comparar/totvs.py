"""Another service that reserves: writes orders and log rows with rules of its own; of ``app`` it has only the tables.

What it writes is equal to what the gateway would write, but for what a test plants (``**cabecalho``, ``itens=…``).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.winthor.esquema.tables import winthor
from tests.support.gateway import Casa

CUSTOS = dict.fromkeys(("VLCUSTOREAL", "VLCUSTOFIN", "VLCUSTOREP", "VLCUSTOCONT"), 1)
# Package: product and base units.
# Of each base unit, in kg and m³.
PESO = {1: Decimal("0.2"), 2: Decimal(1), 3: Decimal("0.2"), 4: Decimal("0.2")}
VOLUME = Decimal("0.001")
EMBALAGENS = {"100-1": (1, 1), "123-1": (1, 12), "200-2": (2, 1), "300-3": (3, 1), "400-4": (4, 1)}


@dataclass
class Totvs:
    """The service of before, at its own clock."""

    casa: Casa
    agora: dt.datetime = dt.datetime(2026, 3, 2, 9, 30, 15)  # noqa: DTZ001 - WinThor's clock has no zone
    numped: int = 8_500_000
    numero: int = 0

    def corpo(self, *itens: tuple[str, Any, Any], filial: str = "1", **mais: Any) -> dict[str, Any]:
        """A pre-sale as a till sent it: (package, how many, price) for each item."""
        self.numero += 1
        return {
            "situacaoPreVenda": 2,
            "numero": f"T-{self.numero}",
            "idLojaRetaguarda": filial,
            "preVendaItens": [
                {"idProdutoRetaguarda": produto, "quantidade": quantidade, "preco": preco}
                for produto, quantidade, preco in itens or [("100-1", 2, 10)]
            ],
            **mais,
        }

    def reservar(
        self,
        corpo: dict[str, Any],
        *,
        operacao: str = "I",
        linhas: dict[str, Any] | None = None,
        json_do_log: str | None = None,
        **cabecalho: Any,
    ) -> int:
        """Write the order and its log row A. ``cabecalho``, ``linhas``: columns that it writes in its own way."""
        self.numped += 1
        self._inserir("PCPEDC", {**self._cabecalho(corpo), **cabecalho})
        for numseq, item in enumerate(corpo["preVendaItens"], 1):
            self._inserir("PCPEDI", {**self._linha(corpo, numseq, item), **(linhas or {})})
        self.registrar("A", self.numped, operacao, json.dumps(corpo) if json_do_log is None else json_do_log)
        return self.numped

    def recusar(self, corpo: dict[str, Any]) -> None:
        """A log row R, and no order."""
        self.registrar("R", None, "I", json.dumps(corpo))

    def registrar(self, status: str, numped: int | None, operacao: str, texto: str | None) -> None:
        row = {"DATA": self.agora, "NUMPED": numped, "POSICAO": "L" if numped else None, "OPERACAO": operacao}
        self._inserir("PCLOGPEDIDOAPI", {**row, "STATUS": status, "JSON": texto, "CODCLI": 1 if numped else None})

    def _cabecalho(self, corpo: dict[str, Any]) -> dict[str, Any]:
        itens = corpo["preVendaItens"]
        total = sum(Decimal(str(i["quantidade"])) * Decimal(str(i["preco"])) for i in itens)
        quantos = [(i, Decimal(str(i["quantidade"])) * EMBALAGENS[i["idProdutoRetaguarda"]][1]) for i in itens]
        peso = sum(unidades * PESO[EMBALAGENS[i["idProdutoRetaguarda"]][0]] for i, unidades in quantos)
        volume = sum(unidades * VOLUME for _, unidades in quantos)
        dia = self.agora.replace(hour=0, minute=0, second=0)
        return {
            **dict.fromkeys(("CODFILIAL", "CODFILIALNF"), corpo["idLojaRetaguarda"]),
            **{"NUMPED": self.numped, "NUMPEDHUBE": corpo["numero"], "CODCLI": 1, "CODUSUR": 8, "CODSUPERVISOR": 1},
            **{"CODEMITENTE": 1, "CODPRACA": 1, "NUMREGIAO": 1, "POSICAO": "L", "OPERACAO": "N", "CONDVENDA": 1},
            **{"PERMITEFATURARCOMWMSPEND": "N", "TIPOVENDA": "VV", "CODPLPAG": 1, "PRAZO1": 0, "PRAZOMEDIO": 0},
            **{"ORIGEMPED": "R", "ORIGEMINTEGRACAO": "PDVSYNC", "ROTINALANC": "PREVENDA"},
            **{"DATA": dia, "HORA": 9, "MINUTO": 30, "DTENTREGA": dia, "DTLIBERA": dia, "HORALIBERA": 9},
            **{"MINUTOLIBERA": 30, "CODFUNCLIBERA": 1, "VLTOTAL": total, "VLATEND": total, "VLTABELA": total},
            **dict.fromkeys(("VLDESCONTO", "PERDESC", "VLFRETE", "VLOUTRASDESP", "VLENTRADA", "NUMCAR"), 0),
            **{"PERCVENDA": 100, "TOTPESO": peso, "TOTVOLUME": volume, "NUMITENS": len(itens)},
            **{"TIPOCARGA": "R", "TIPOEMBALAGEM": "U", "CONCILIAIMPORTACAO": "N", "USAINTEGRACAOWMS": "N"},
            **{"VENDAASSISTIDA": "N", **CUSTOS},
        }

    def _linha(self, corpo: dict[str, Any], numseq: int, item: dict[str, Any]) -> dict[str, Any]:
        codprod, unidades = EMBALAGENS[item["idProdutoRetaguarda"]]
        preco = (Decimal(str(item["preco"])) / unidades).quantize(Decimal("0.000001"))
        dia = self.agora.replace(hour=0, minute=0, second=0)
        return {
            **{"NUMPED": self.numped, "NUMSEQ": numseq, "CODPROD": codprod, "CODCLI": 1, "CODUSUR": 8},
            **{"CODSUPERVISOR": 1, "QTUNITEMB": unidades, "PVENDA": preco, "PTABELA": preco, "PBASERCA": preco},
            **{"CODAUXILIAR": int(item["idProdutoRetaguarda"].split("-")[0]), "PERDESC": 0, "POSICAO": "L"},
            **{"QT": Decimal(str(item["quantidade"])) * unidades, "CODFILIALRETIRA": corpo["idLojaRetaguarda"]},
            **{"DTENTREGA": dia, "DATA": dia, "CONDVENDA": 1, "CODPLPAG": 1, "BONIFIC": "N", "BRINDE": "N"},
            **dict.fromkeys(("NUMCAR", "ST", "BASEICST", "STCLIENTEGNRE", "VLIPI", "PERCIPI", "VLISS", "PERCOM"), 0),
            **{"CUSTOFINEST": 1, **CUSTOS},
        }

    def _inserir(self, tabela: str, row: dict[str, Any]) -> None:
        with self.casa.engine.begin() as connection:
            connection.execute(sa.insert(winthor.tables[tabela]), [row])
