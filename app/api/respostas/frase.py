"""A problem as a sentence for a person who sees nothing else: where it is, and what it is (§4.3)."""

from __future__ import annotations

from http import HTTPStatus

from app.domain.codigos import CODIGOS
from app.domain.recusas import Problema

# What an element of a list, and a part of a pre-sale, is called in a sentence.
_ELEMENTOS = {"preVendaItens": "item", "itensKit": "componente", "pagamentos": "pagamento"}
_FEMININAS = {"pagamentoForma": "forma", "pagamentoCondicao": "condição"}


def localizar(campo: str | None) -> str:
    """A JSON pointer in words: ``/preVendaItens/0/quantidade`` is "quantidade do item 1"; empty for none."""
    passos: list[str] = []
    for parte in (campo or "").split("/")[1:]:
        if parte.isdigit() and passos:
            passos[-1] = f"{_ELEMENTOS.get(passos[-1], passos[-1])} {int(parte) + 1}"
        else:
            passos.append(parte)
    if not passos:
        return ""
    *acima, nome = [passo for n, passo in enumerate(passos) if passo != "entrega" or n == len(passos) - 1]
    return nome + "".join(
        f" da {_FEMININAS[passo]}" if passo in _FEMININAS else f" do {passo}" for passo in reversed(acima)
    )


def frase(problema: Problema) -> str:
    """The problem for a person who sees nothing else: with its field and item, where the message has none (§4.3)."""
    onde = localizar(problema.campo)
    no_item = " item " in f" {onde} "
    if not onde or not (no_item or CODIGOS[problema.codigo].http == HTTPStatus.UNPROCESSABLE_ENTITY):
        return problema.mensagem
    return f"{onde}: {minuscula(problema.mensagem)}"


def minuscula(texto: str) -> str:
    """The sentence as it goes on after a colon; a word in capitals stays."""
    return texto if texto[1:2].isupper() else texto[:1].lower() + texto[1:]
