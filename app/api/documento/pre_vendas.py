"""Operations of the point of sale: login, pre-sales, what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.api.contrato.schemas import PreVendaSchema
from app.api.documento.operacao import DA_FILIAL, ENDERECO_ANTIGO, Exemplo, OperacaoDoDocumento
from app.api.documento.problemas import do_status
from app.api.respostas.desfecho import RespostaSchema
from app.api.respostas.log import SituacaoSchema, UltimaOperacaoSchema
from app.api.respostas.login import TokenSchema
from app.api.respostas.pre_vendas import ListaDePreVendasSchema, UmaPreVendaSchema
from app.api.rotas.consulta import ConsultaQuery
from app.api.rotas.login import CAMINHO as CAMINHO_DO_LOGIN
from app.api.rotas.login import LoginSchema
from app.api.rotas.pre_vendas import CAMINHOS, SituacaoNoCaminho, SituacaoQuery

# Numbers of reservations that a new demo begins with (app/demonstracao/semente.py).
VIVA, A_PAGAR, PAGA, A_CANCELAR = 2000007, 2000001, 2000004, 2000003

DA_VIDA = ("RESERVA_NAO_ENCONTRADA", *(codigo for codigo in do_status(409) if codigo.startswith("RESERVA_")))
DE_UMA_PRE_VENDA = (
    *DA_FILIAL,
    "RESERVA_NAO_ENCONTRADA",
    *do_status(409),
    *do_status(422),
    "NUMERACAO_ESGOTADA",
)

RESERVA: Mapping[str, Any] = {
    "situacaoPreVenda": 2,
    "numero": "DOC-1",
    "idLojaRetaguarda": "1",
    "idOperadorRetaguarda": 100,
    "preVendaItens": [{"idProdutoRetaguarda": "10100-1010", "quantidade": 2, "preco": 10.0}],
}
_KIT: Mapping[str, Any] = {
    "situacaoPreVenda": 2,
    "numero": "DOC-2",
    "idLojaRetaguarda": "2",
    "lockTTL": "7d",
    "cliente": {
        "cpfCnpj": "390.533.447-05",
        "nome": "João da Documentação",
        "endereco": "Praça da Sé",
        "numero": "S/N",
        "bairro": "Sé",
        "cidade": "São Paulo",
        "estado": "SP",
        "cep": "01001-000",
        "email": "joao@example.com",
    },
    "preVendaItens": [
        {"idProdutoRetaguarda": "5000-50", "quantidade": 1, "preco": 30.0, "idVendedorRetaguarda": "200"},
        {"idProdutoRetaguarda": "200-2", "quantidade": 0.75, "preco": 10.0, "entrega": {"tipoEntrega": 0}},
    ],
}
_ALTERACAO: Mapping[str, Any] = {
    "situacaoPreVenda": 2,
    "numero": "DEMO-17",
    "idLojaRetaguarda": "2",
    "idRetaguarda": VIVA,
    "idOperadorRetaguarda": 200,
    "preVendaItens": [{"idProdutoRetaguarda": "123-1", "quantidade": 2, "preco": 120.0}],
}
_PAGAMENTO: Mapping[str, Any] = {
    "situacaoPreVenda": 1,
    "numero": "DEMO-03",
    "idLojaRetaguarda": "2",
    "idRetaguarda": A_PAGAR,
    "pagamentos": [{"pagamentoForma": {"idRetaguarda": "D-POS"}, "pagamentoCondicao": {"idRetaguarda": 1}}],
}
_RESGATE: Mapping[str, Any] = {
    "situacaoPreVenda": 3,
    "numero": "DEMO-05",
    "idLojaRetaguarda": "2",
    "idRetaguarda": PAGA,
}
_CANCELAMENTO: Mapping[str, Any] = {
    "situacaoPreVenda": 0,
    "numero": "DEMO-04",
    "idLojaRetaguarda": "2",
    "idRetaguarda": A_CANCELAR,
}

_VERBOS = {
    "POST": (
        "Reservar, alterar, pagar, resgatar ou cancelar uma pré-venda",
        "O que acontece depende de situacaoPreVenda e de idRetaguarda. DISPONIVEL sem número reserva; DISPONIVEL com o "
        "número da reserva altera (a antiga é cancelada e uma nova é feita, com número novo); RECEBIDO paga; RESGATADA "
        "resgata em um caixa; CANCELADA cancela. A mesma requisição repetida tem um só efeito e recebe a primeira "
        "resposta, com o cabeçalho Idempotent-Replayed. Todos os problemas vêm de uma vez. Um pedido que o WinThor "
        "mantém bloqueado aceita pagamento e resgate, com o aviso PEDIDO_BLOQUEADO, e segue na posição em que está.",
    ),
    "PUT": ("Atualizar uma pré-venda", "O mesmo que POST."),
    "DELETE": (
        "Cancelar uma pré-venda",
        "Com corpo JSON, como o hub envia; situacaoPreVenda pode faltar ou ser 0.",
    ),
}


def _exemplos(verbo: str, sufixo: str) -> tuple[Exemplo, ...]:
    todos = {
        "POST": (
            Exemplo("reservar", "Reservar", 201, corpo=RESERVA),
            Exemplo("reservar-kit", "Reservar um kit para um cliente novo", 201, corpo=_KIT),
            Exemplo("alterar", "Alterar: o número da reserva em idRetaguarda", 201, corpo=_ALTERACAO),
            Exemplo("pagar", "Pagar (RECEBIDO)", corpo=_PAGAMENTO),
            Exemplo("resgatar", "Resgatar em um caixa (RESGATADA)", corpo=_RESGATE),
            Exemplo("cancelar", "Cancelar (CANCELADA)", corpo=_CANCELAMENTO),
        ),
        "PUT": (Exemplo("atualizar", "Alterar", 201, corpo=_ALTERACAO),),
        "DELETE": (Exemplo("excluir", "Cancelar", corpo=_CANCELAMENTO),),
    }[verbo]
    if not sufixo:
        return todos
    primeiro = todos[0]
    return (Exemplo(primeiro.nome + sufixo, primeiro.resumo, primeiro.http, corpo=primeiro.corpo),)


def _de_envio() -> Iterator[OperacaoDoDocumento]:
    for caminho, grupo, sufixo in ((CAMINHOS[0], "Pré-vendas", ""), (CAMINHOS[1], ENDERECO_ANTIGO, "-antigo")):
        for verbo, (resumo, descricao) in _VERBOS.items():
            yield OperacaoDoDocumento(
                verbo,
                caminho,
                grupo,
                resumo + (" (endereço antigo)" if sufixo else ""),
                descricao,
                {
                    201: ("Reservada, ou alterada: um número novo", RespostaSchema),
                    200: ("Aceita sem número novo, ou repetida", RespostaSchema),
                },
                _exemplos(verbo, sufixo),
                "hub",
                DE_UMA_PRE_VENDA,
                corpo=PreVendaSchema,
            )
        yield OperacaoDoDocumento(
            "GET",
            f"{caminho}/consulta",
            grupo,
            "Consultar uma pré-venda, ou listar as de uma loja" + (" (endereço antigo)" if sufixo else ""),
            "Uma: idRetaguarda, ou numero com idLojaRetaguarda. Lista: idLojaRetaguarda, período e situação.",
            {200: ("A pré-venda, ou a lista", {"oneOf": [UmaPreVendaSchema, ListaDePreVendasSchema]})},
            (
                Exemplo(f"consultar{sufixo}", "Uma", query={"numero": "DEMO-05", "idLojaRetaguarda": "2"}),
                Exemplo(f"listar-pre-vendas{sufixo}", "Lista", query={"idLojaRetaguarda": "2", "pageSize": 2}),
            ),
            "hub",
            (*DA_FILIAL, "RESERVA_NAO_ENCONTRADA", "CAMPO_INVALIDO"),
            ConsultaQuery,
        )


LOGIN = OperacaoDoDocumento(
    "POST",
    CAMINHO_DO_LOGIN,
    "Login",
    "Obter um token",
    "O token vale duas horas e vai no cabeçalho Authorization: Bearer de cada requisição.",
    {200: ("O token", TokenSchema)},
    (Exemplo("entrar", "Entrar", corpo={"login": "hub", "senha": "demo"}),),
    None,
    ("NAO_AUTENTICADO", "LIMITE_EXCEDIDO", "TOTVS_INDISPONIVEL"),
    corpo=LoginSchema,
)
ENSAIO = OperacaoDoDocumento(
    "POST",
    "/api/v1/pre-vendas/simulacao",
    "Pré-vendas",
    "Ensaiar: a resposta que uma pré-venda teria",
    "Tudo é conferido como de verdade, nada é gravado e nenhum número é gasto.",
    {200: ("A resposta que teria, sem número", RespostaSchema)},
    (Exemplo("ensaiar", "Ensaiar uma reserva", corpo={**RESERVA, "numero": "DOC-3"}),),
    "hub",
    DE_UMA_PRE_VENDA,
    corpo=PreVendaSchema,
)
_DEPOIS = "Para depois de uma resposta perdida: ACEITA ou RECUSADA, com a resposta; EM_PROCESSAMENTO; ou NUNCA_CHEGOU."
SITUACAO = OperacaoDoDocumento(
    "GET",
    "/api/v1/pre-vendas/{numero}",
    "Pré-vendas",
    "O que aconteceu com a minha última requisição",
    _DEPOIS,
    {200: ("O que se sabe", {"anyOf": [UltimaOperacaoSchema, SituacaoSchema]})},
    (Exemplo("situacao", "A última", caminho={"numero": "DEMO-11"}, query={"idLojaRetaguarda": "1"}),),
    "hub",
    (*DA_FILIAL, "CAMPO_INVALIDO"),
    SituacaoNoCaminho,
)
SITUACAO_PELO_NUMERO = OperacaoDoDocumento(
    "GET",
    "/api/v1/pre-vendas",
    "Pré-vendas",
    "O mesmo, com o número como parâmetro",
    f"{_DEPOIS} Assim o número pode ter qualquer caractere, também barras.",
    {200: ("O que se sabe", {"anyOf": [UltimaOperacaoSchema, SituacaoSchema]})},
    (Exemplo("situacao-pelo-numero", "A última", query={"numero": "DEMO-11", "idLojaRetaguarda": "1"}),),
    "hub",
    (*DA_FILIAL, "CAMPO_INVALIDO"),
    SituacaoQuery,
)

OPERACOES = (LOGIN, *_de_envio(), ENSAIO, SITUACAO, SITUACAO_PELO_NUMERO)
