"""What the tills do: pre-sales drawn by a seed, so that a run can be looked at again.

A source of work gives one intent at a time and is told how it ended. An intent may take several calls.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.reliability.prova.cliente import Resposta

# Sold by the tills: 19 products and the demo's kit (2 of product 1 and 1 of product 3).
PARAFUSOS = range(1001, 1018)
PRODUTOS = [*(f"{codprod * 10}-{codprod}" for codprod in PARAFUSOS), "100-1", "300-3", "5000-50"]
PRECOS = {"5000-50": 30, "123-1": 120}
# A pre-sale so named is left alone once it is reserved: time may end it.
ABANDONADA = "AB"
VIVAS_POR_CAIXA = 4
CPFS = 40


@dataclass(slots=True)
class Intento:
    """Something a till wants done, with the same body at each try."""

    id: str
    tipo: str
    corpo: dict[str, Any]
    tentativas: int = 0


class Trabalho(Protocol):
    """Where a thread's intents come from."""

    def proximo(self) -> Intento | None:
        """The next intent; None when there is no more."""

    def concluir(self, intento: Intento, resposta: Resposta) -> bool:
        """The intent is accepted or refused; True to send it once more, as a nervous cashier would."""


@dataclass(slots=True)
class Viva:
    """A reservation this till works on."""

    numero: str
    filial: str
    numped: int
    estado: str
    itens: list[dict[str, Any]]


@dataclass
class Caixa:
    """A till: reserves, alters, pays, rescues, cancels, abandons; each pre-sale is touched by one till only."""

    nome: str
    semente: int
    _vivas: dict[str, Viva] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sorte = random.Random(self.semente)  # noqa: S311 - a seed, to draw the same again
        self._numeros = itertools.count(1)

    def proximo(self) -> Intento:
        if self._vivas and (len(self._vivas) >= VIVAS_POR_CAIXA or self._sorte.random() < 0.6):
            return self._agir(self._vivas.pop(self._sorte.choice(sorted(self._vivas))))
        filial = self._sorte.choice(["1", "1", "1", "2"])
        prefixo = ABANDONADA if self._sorte.random() < 0.1 else "PV"
        numero = f"{prefixo}-{self.nome}-{next(self._numeros)}"
        corpo = {"situacaoPreVenda": 2, "numero": numero, "idLojaRetaguarda": filial, **self._conteudo(filial)}
        return Intento(f"{numero} reservar", "reservar", corpo)

    def concluir(self, intento: Intento, resposta: Resposta) -> bool:
        """Only what can still be acted on is kept; a reservation whose alteration was refused still stands."""
        numped, numero = resposta.numped, intento.corpo["numero"]
        if numped is None:
            if intento.tipo == "alterar":
                antiga = intento.corpo["idRetaguarda"]
                self._vivas[numero] = Viva(numero, intento.corpo["idLojaRetaguarda"], antiga, "INALTERADA", [])
            return False
        estado = {"reservar": "AUTORIZADA", "alterar": "AUTORIZADA", "resgatar": "RESGATADA"}.get(intento.tipo)
        if estado and not numero.startswith(ABANDONADA):
            itens = intento.corpo.get("preVendaItens", [])
            self._vivas[numero] = Viva(numero, intento.corpo["idLojaRetaguarda"], numped, estado, itens)
        return self._sorte.random() < 0.05

    def _agir(self, viva: Viva) -> Intento:
        tipos = ["alterar"] * 4 + ["cancelar"] * 3 + ["pagar"] * 2 + ["resgatar"]
        tipo = self._sorte.choice(tipos if viva.estado == "AUTORIZADA" else ["pagar", "cancelar"])
        corpo = {
            "situacaoPreVenda": {"alterar": 2, "cancelar": 0, "pagar": 1, "resgatar": 3}[tipo],
            "numero": viva.numero,
            "idLojaRetaguarda": viva.filial,
            "idRetaguarda": viva.numped,
        }
        if tipo == "alterar":
            corpo |= self._conteudo(viva.filial)
        elif tipo == "pagar" and self._sorte.random() < 0.5:
            corpo["pagamentos"] = [{"pagamentoForma": {"idRetaguarda": "D-POS"}}]
        if tipo == "pagar" and viva.itens and self._sorte.random() < 0.6:
            corpo["preVendaItens"] = [self._a_entregar(item) for item in viva.itens]
        return Intento(f"{viva.numero} {tipo} {viva.numped}", tipo, corpo)

    def _a_entregar(self, item: dict[str, Any]) -> dict[str, Any]:
        """The line with a type of delivery: an order that has some which do not leave at once is divided (R23)."""
        tipo = self._sorte.choice(["RI", "RP", "EN"])
        return {**item, "entrega": {**item.get("entrega", {}), "tipoEntrega": tipo}}

    def _conteudo(self, filial: str) -> dict[str, Any]:
        sorte = self._sorte
        produtos = sorte.sample([*PRODUTOS, "123-1"], sorte.choice([1, 1, 2, 3, 5]))
        itens = [item(produto, sorte.randint(1, 3)) for produto in produtos]
        conteudo: dict[str, Any] = {"preVendaItens": itens}
        if sorte.random() < 0.1:
            itens[0]["entrega"] = {"idLojaEntregaRetaguarda": "2" if filial == "1" else "1"}
        if sorte.random() < 0.15:
            conteudo["cliente"] = cliente(sorte.randrange(CPFS))
        if sorte.random() < 0.3:
            conteudo["idOperadorRetaguarda"] = sorte.choice([100, 200])
        return conteudo


@dataclass
class Cestas:
    """Only new pre-sales: 5 of 20 products in any order, the kit among them, as long as the run lasts."""

    nome: str
    semente: int

    def __post_init__(self) -> None:
        self._sorte = random.Random(self.semente)  # noqa: S311 - a seed
        self._numeros = itertools.count(1)

    def proximo(self) -> Intento:
        itens = [item(produto, self._sorte.randint(1, 4)) for produto in self._sorte.sample(PRODUTOS, 5)]
        return nova(f"CE-{self.nome}-{next(self._numeros)}", itens)

    def concluir(self, _intento: Intento, _resposta: Resposta) -> bool:
        return False


@dataclass
class Lista:
    """So many pre-sales of one unit of one product; the threads of a process share them."""

    nome: str
    produto: str
    quantos: int

    def __post_init__(self) -> None:
        self._restantes: Iterator[int] = iter(range(self.quantos))

    def proximo(self) -> Intento | None:
        n = next(self._restantes, None)
        return None if n is None else nova(f"UM-{self.nome}-{n}", [item(self.produto, 1)])

    def concluir(self, _intento: Intento, _resposta: Resposta) -> bool:
        return False


def nova(numero: str, itens: list[dict[str, Any]]) -> Intento:
    corpo = {"situacaoPreVenda": 2, "numero": numero, "idLojaRetaguarda": "1", "preVendaItens": itens}
    return Intento(f"{numero} reservar", "reservar", corpo)


def item(produto: str, quantidade: int) -> dict[str, Any]:
    return {"idProdutoRetaguarda": produto, "quantidade": quantidade, "preco": PRECOS.get(produto, 10)}


def cliente(n: int) -> dict[str, Any]:
    """The n-th of a few complete customers, so that several tills bring the same new one."""
    return {
        "cpfCnpj": cpf(700_000_000 + n),
        "nome": f"Cliente {n}",
        "endereco": "Rua das Flores",
        "numero": "12",
        "bairro": "Sé",
        "cidade": "São Paulo",
        "estado": "SP",
        "cep": "01001-000",
        "email": f"cliente{n}@exemplo.com.br",
        "celular": "(11) 98888-7777",
    }


def cpf(base: int) -> str:
    """Nine digits with their two check digits."""
    digitos = [int(d) for d in f"{base:09d}"]
    for tamanho in (10, 11):
        soma = sum(peso * digito for peso, digito in zip(range(tamanho, 1, -1), digitos, strict=True))
        digitos.append(soma * 10 % 11 % 10)
    return "".join(map(str, digitos))
