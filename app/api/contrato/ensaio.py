"""What a point of sale would send for a rehearsal of the doctor."""

from __future__ import annotations

from typing import Any

from app.api.contrato.requisicao import parse_requisicao
from app.services.doutor.ensaio import PreVendaDeEnsaio
from app.services.operacao.requisicao import Requisicao

# Longer than any column takes, in letters of two bytes: what is not clipped right is refused by the database.
LONGO = "ação " * 40
CLIENTE = {
    "cpfCnpj": "00000000191",
    **dict.fromkeys(("nome", "endereco", "bairro", "cidade", "complemento"), LONGO.strip()),
    "numero": "1",
    "estado": "SP",
    "cep": "01001000",
    "email": "doutor@exemplo.com.br",
    "celular": "11988887777",
}


def requisicao_de_ensaio(pre_venda: PreVendaDeEnsaio) -> Requisicao:
    """The request of a rehearsed pre-sale; ``cancela`` makes it a cancellation."""
    corpo: dict[str, Any] = {
        "situacaoPreVenda": 2,
        "idLojaRetaguarda": pre_venda.filial,
        "observacoes": LONGO * 3,
        "cliente": CLIENTE,
        "preVendaItens": [
            {"idProdutoRetaguarda": produto, "quantidade": 1, "preco": 1} for produto in pre_venda.produtos
        ],
        "numero": pre_venda.numero,
    }
    if pre_venda.cancela is not None:
        corpo |= {"situacaoPreVenda": 0, "idRetaguarda": pre_venda.cancela}
    return parse_requisicao(corpo, caller="doctor")
