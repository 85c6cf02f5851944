"""Operations of the hub, and stock."""

from __future__ import annotations

from app.api.documento.operacao import DA_FILIAL, Exemplo, OperacaoDoDocumento
from app.api.respostas.estoque import ListaDeSaldosSchema, SaldosSchema
from app.api.respostas.feed import PaginaDeEventosSchema
from app.api.respostas.pre_vendas import ListaDePosicoesSchema
from app.api.respostas.reservas import EstoqueExplicadoSchema
from app.api.rotas import eventos, passagem
from app.api.rotas.consulta import CAMINHO_DO_ESTOQUE, CAMINHO_DOS_STATUS, EstoqueListaQuery, EstoqueQuery, StatusQuery

_DA_CONSULTA = (*DA_FILIAL, "CAMPO_INVALIDO")

OPERACOES = (
    OperacaoDoDocumento(
        "GET",
        CAMINHO_DOS_STATUS,
        "Hub e estoque",
        "Posições dos pedidos, para o hub",
        "O hub pergunta a cada cinco minutos, com lastChange pouco antes da última vez. C é CANCELADA, F é RESGATADA.",
        {200: ("Pedidos", ListaDePosicoesSchema)},
        (
            Exemplo(
                "posicoes",
                "Cancelados e faturados",
                query={"branchId": "2", "orderStatus": "F,C", "integrationOrigin": "PDVSYNC"},
            ),
        ),
        "hub",
        _DA_CONSULTA,
        StatusQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        CAMINHO_DO_ESTOQUE,
        "Hub e estoque",
        "Estoque disponível de alguns produtos",
        "Embalagens inteiras, ou frações onde o produto as aceita: o que uma reserva aceitaria neste momento.",
        {200: ("Saldos", SaldosSchema)},
        (Exemplo("saldos", "De um kit e de uma caixa", query={"branchId": "2", "productId": "5000-50,123-1"}),),
        "hub",
        _DA_CONSULTA,
        EstoqueQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        f"{CAMINHO_DO_ESTOQUE}/list",
        "Hub e estoque",
        "Estoque disponível de uma filial",
        "Página por página. Uma embalagem que não pode ser vendida vem com 0 e o motivo.",
        {200: ("Saldos", ListaDeSaldosSchema)},
        (Exemplo("lista-de-saldos", "A primeira página", query={"branchId": "2", "pageSize": 2}),),
        "hub",
        _DA_CONSULTA,
        EstoqueListaQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/estoque/{filial}/{codprod}",
        "Hub e estoque",
        "O estoque explicado: quem retém o quê",
        "Em estoque, bloqueado, reservado e por quais pedidos, desde e até quando; e o que há em outras filiais.",
        {200: ("O estoque", EstoqueExplicadoSchema)},
        (Exemplo("explicar-estoque", "Produto 1 na filial 2", caminho={"filial": "2", "codprod": 1}),),
        erros=(*DA_FILIAL, "PRODUTO_NAO_ENCONTRADO", "ROTA_NAO_ENCONTRADA"),
    ),
    OperacaoDoDocumento(
        "GET",
        eventos.CAMINHO,
        "Hub e estoque",
        "O que aconteceu desde um cursor",
        "Do mais antigo ao mais novo, só das filiais do login. `proximo` volta como `depois`. Sem itens, a resposta "
        "espera pelo próximo até `espera` segundos. Cada evento vem ao menos uma vez; os de uma pré-venda, em ordem.",
        {200: ("Eventos", PaginaDeEventosSchema)},
        (
            Exemplo("eventos", "Do mais antigo guardado", query={"limite": 2}),
            Exemplo("eventos-do-fim", "Só o cursor do fim", query={"depois": "agora"}),
        ),
        "hub",
        (*_DA_CONSULTA, "CURSOR_VENCIDO"),
        eventos.EventosQuery,
    ),
    *(
        OperacaoDoDocumento(
            "GET",
            caminho,
            "Hub e estoque",
            resumo,
            "É do serviço do TOTVS: com `PREVENDA_LOGIN_TOTVS` a pergunta vai a ele e a resposta volta como veio; "
            "sem ela este endereço não existe aqui (R26).",
            {200: ("A resposta do serviço do TOTVS", {})},
            (Exemplo(nome, "Sem o serviço do TOTVS", 404),),
            "hub",
            ("ROTA_NAO_ENCONTRADA", "TOTVS_INDISPONIVEL"),
        )
        for caminho, nome, resumo in zip(
            passagem.CAMINHOS,
            ("detalhe-pdv", "consulta-rca"),
            ("Detalhe do PDV, do TOTVS", "Consulta de RCA, do TOTVS"),
            strict=True,
        )
    ),
)
