"""Operations of the back office."""

from __future__ import annotations

from app.api.documento.operacao import DA_FILIAL, Exemplo, OperacaoDoDocumento
from app.api.documento.pre_vendas import DA_VIDA
from app.api.respostas.conciliacao import ConciliacaoSchema, CorrecoesFeitasSchema
from app.api.respostas.desfecho import RemanejamentoSchema, RespostaSchema
from app.api.respostas.fluxo import FluxoSchema
from app.api.respostas.indicadores import IndicadoresSchema, MovimentosSchema
from app.api.respostas.log import (
    ExportacaoSchema,
    LinhasExternasSchema,
    ListaDoLogSchema,
    OperacaoDetalhadaSchema,
    ResumoDoLogSchema,
)
from app.api.respostas.politicas import PoliticasSchema
from app.api.respostas.recusas import RecusasSemRegistroSchema
from app.api.respostas.reservas import ListaDeReservasSchema, ReservaInteiraSchema
from app.api.rotas.conciliacao import CorrecoesSchema
from app.api.rotas.dinheiro import IndicadoresQuery, MovimentosQuery
from app.api.rotas.fluxo import FluxoQuery
from app.api.rotas.log import ExportacaoQuery, ExternasQuery, LogQuery
from app.api.rotas.politicas import PoliticasQuery
from app.api.rotas.recusas import RecusasQuery
from app.api.rotas.reservas import CancelamentoSchema, ProrrogacaoSchema, RemanejamentoQuery, ReservasQuery

# Reservations that a new demo begins with (app/demonstracao/semente.py).
VIVA, RESGATADA = 1000003, 2000005

_GRUPO = "Retaguarda"
_UMA_RESERVA = ("RESERVA_NAO_ENCONTRADA", "ROTA_NAO_ENCONTRADA")
_AGIR = (*_UMA_RESERVA, *DA_VIDA, "EM_PROCESSAMENTO", "CAMPO_INVALIDO")

_LOG = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/log",
        _GRUPO,
        "Operações, da mais nova para a mais antiga",
        "Com filtros e cursor: proximo é o cursor da página seguinte, nulo no fim.",
        {200: ("Operações", ListaDoLogSchema)},
        (Exemplo("log", "As recusas por falta de estoque", query={"codigo": "ESTOQUE_INSUFICIENTE", "limite": 2}),),
        erros=("CAMPO_INVALIDO",),
        query=LogQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/log/{id_operacao}",
        _GRUPO,
        "Uma operação, com tudo o que se sabe dela",
        "Requisição e resposta (cliente mascarado), tempo por etapa, motivo em palavras, o que mudou em cada tabela, "
        "a linha do tempo da reserva.",
        {200: ("A operação", OperacaoDetalhadaSchema)},
        (Exemplo("operacao", "A mais nova", caminho={"id_operacao": "$ID"}),),
        erros=("ROTA_NAO_ENCONTRADA",),
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/log/resumo",
        _GRUPO,
        "Contagens por status, recusas por código",
        "Das operações filtradas; sem período, das últimas 24 horas.",
        {200: ("O resumo", ResumoDoLogSchema)},
        (Exemplo("resumo", "De uma filial", query={"filial": "2"}),),
        erros=("CAMPO_INVALIDO",),
        query=LogQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/log/exportacao",
        _GRUPO,
        "As operações filtradas em um arquivo",
        "CSV com ponto e vírgula, ou JSON; até 10 000 linhas, e então o cabeçalho X-Truncada.",
        {200: ("O arquivo", ExportacaoSchema)},
        (Exemplo("exportar", "Em JSON", query={"formato": "json", "status": "R", "limite": 1}),),
        erros=("CAMPO_INVALIDO",),
        query=ExportacaoQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/log/externas",
        _GRUPO,
        "Linhas de PCLOGPEDIDOAPI de outros serviços",
        "Só por período, de até sete dias.",
        {200: ("As linhas", LinhasExternasSchema)},
        (Exemplo("externas", "Um dia", query={"de": "2026-03-01", "ate": "2026-03-02"}),),
        erros=("CAMPO_INVALIDO",),
        query=ExternasQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/recusas-sem-registro",
        _GRUPO,
        "O que foi recusado antes do registro, contado",
        "Por hora do ERP, login e código: 400, 401, 403, 413, 415 e 429 que não deixam linha no log. caller é nulo "
        "quando não se sabe quem chamou. Sem período, os últimos sete dias; nenhum conteúdo é guardado.",
        {200: ("As contagens", RecusasSemRegistroSchema)},
        (Exemplo("recusas", "Desde um dia", query={"de": "2026-03-01"}),),
        erros=("CAMPO_INVALIDO",),
        query=RecusasQuery,
    ),
)
_RESERVAS = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/reservas",
        _GRUPO,
        "Reservas, da mais nova para a mais antiga",
        "Sem estado, só as vivas, entre elas as bloqueadas e as assumidas no WinThor. "
        "venceAte e venceEmMinutos acham as que vão vencer.",
        {200: ("Reservas", ListaDeReservasSchema)},
        (Exemplo("reservas", "As de uma filial", query={"filial": "2", "limite": 2}),),
        erros=("CAMPO_INVALIDO",),
        query=ReservasQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/reservas/{numped}",
        _GRUPO,
        "Uma reserva, com linhas, linhagem e eventos",
        "A linhagem vai da reserva original à atual, com as diferenças de itens de cada alteração.",
        {200: ("A reserva", ReservaInteiraSchema)},
        (Exemplo("reserva", "Uma que foi prorrogada", caminho={"numped": VIVA}),),
        erros=_UMA_RESERVA,
    ),
    OperacaoDoDocumento(
        "POST",
        "/api/v1/reservas/{numped}/cancelamento",
        _GRUPO,
        "Cancelar uma reserva",
        "O saldo fica disponível na hora; o de uma BLOQUEADA o WinThor não contava, e o estoque não muda. Uma ASSUMIDA "
        "responde RESERVA_ASSUMIDA: só o painel a cancela, depois de mostrar a cobrança. Precisa do escopo "
        "retaguarda-agir e de um motivo, que fica no log.",
        {200: ("Cancelada, ou já estava encerrada", RespostaSchema)},
        (
            Exemplo(
                "cancelar-reserva",
                "Uma resgatada e não paga",
                caminho={"numped": RESGATADA},
                corpo={"motivo": "Cliente desistiu por telefone"},
            ),
        ),
        erros=_AGIR,
        corpo=CancelamentoSchema,
    ),
    OperacaoDoDocumento(
        "POST",
        "/api/v1/reservas/{numped}/prorrogacao",
        _GRUPO,
        "Prorrogar uma reserva",
        "Até um dia ou instante (ate), ou por dias a partir de hoje. Só as autorizadas têm prazo.",
        {200: ("Prorrogada", RespostaSchema)},
        (
            Exemplo(
                "prorrogar-reserva",
                "Por cinco dias",
                caminho={"numped": VIVA},
                corpo={"dias": 5, "motivo": "Cliente busca no sábado"},
            ),
        ),
        erros=_AGIR,
        corpo=ProrrogacaoSchema,
    ),
    OperacaoDoDocumento(
        "POST",
        "/api/v1/reservas/{numped}/remanejamento",
        _GRUPO,
        "Remanejar linhas de uma reserva para outra filial",
        "As linhas (numseq) passam a sair de outra filial, sob o mesmo número: as unidades saem do reservado de uma e "
        "entram no da outra de uma vez. Só mostra o plano, a não ser que simular seja false. Só as autorizadas e as "
        "confirmadas, enquanto ninguém as separa; qualquer filial que exista e possa entregar, também fora da lista da "
        "loja.",
        {200: ("O plano, ou o que foi mudado", RemanejamentoSchema)},
        (
            Exemplo(
                "remanejar-reserva",
                "O plano",
                caminho={"numped": VIVA},
                corpo={"linhas": [{"numseq": 1, "filial": "2"}], "motivo": "A filial 2 entrega mais perto"},
            ),
        ),
        erros=(*_AGIR, "ESTOQUE_INSUFICIENTE", "FILIAL_NAO_ENCONTRADA"),
        corpo=RemanejamentoQuery,
    ),
)
_CONCILIACAO = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/conciliacao",
        _GRUPO,
        "Diferenças entre o reservado e os pedidos",
        "Cada uma classificada, explicada e em reais, com o que a corrige.",
        {200: ("As diferenças", ConciliacaoSchema)},
        (Exemplo("conciliacao", "Todas"),),
    ),
    OperacaoDoDocumento(
        "POST",
        "/api/v1/conciliacao/correcoes",
        _GRUPO,
        "Planejar ou aplicar correções",
        "Escolhidas por id em itens, ou todas. Só mostra o plano, a não ser que simular seja false. Só unidades "
        "de pedidos nascidos aqui são liberadas.",
        {200: ("O plano, ou o resultado", CorrecoesFeitasSchema)},
        (
            Exemplo(
                "planejar-correcoes",
                "O plano de tudo",
                corpo={"todos": True, "simular": True, "motivo": "Conferência da semana"},
            ),
        ),
        erros=(*DA_FILIAL, "CAMPO_INVALIDO"),
        corpo=CorrecoesSchema,
    ),
)

_FLUXO = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/fluxo",
        _GRUPO,
        "O caminho dos pedidos, da liberação à nota",
        "Pedidos faturados de qualquer origem pelo caminho que tomaram, horas em cada passo (pelos carimbos de "
        "separação) e o que está parado há mais tempo do que 95 de 100 ficaram.",
        {200: ("O fluxo", FluxoSchema)},
        (Exemplo("fluxo", "De uma semana", query={"dias": 7}),),
        erros=(*DA_FILIAL, "CAMPO_INVALIDO"),
        query=FluxoQuery,
    ),
)

_INDICADORES = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/indicadores",
        _GRUPO,
        "Quanto está retido, há quanto tempo, e o que foi das reservas",
        "Valor e unidades retidos por filial, login, vendedor e estado; idade; o que vence nos próximos 14 dias (da "
        "filial); e o que foi das reservas nascidas em cada uma das últimas oito semanas. Uma pré-venda alterada é uma "
        "reserva só; uma renovada conta também como expirada; kits contam pelos componentes; uma BLOQUEADA não retém "
        "nada. Com mais de 5 000 reservas vivas, ou nascidas nessas semanas, os números são os da última varredura: "
        "geradoEm diz de quando.",
        {200: ("Os números", IndicadoresSchema)},
        (Exemplo("indicadores", "De uma filial", query={"filial": "2"}),),
        erros=(*DA_FILIAL, "CAMPO_INVALIDO"),
        query=IndicadoresQuery,
    ),
    OperacaoDoDocumento(
        "GET",
        "/api/v1/estoque/{filial}/{codprod}/movimentos",
        _GRUPO,
        "Os movimentos do reservado de um produto",
        "O que cada operação deste gateway somou ao reservado do produto na filial, ou tirou dele, em unidades de "
        "estoque, da mais nova para a mais antiga. Uma alteração é uma linha, com a diferença. O que o próprio WinThor "
        "libera não está aqui.",
        {200: ("Os movimentos", MovimentosSchema)},
        (Exemplo("movimentos", "De um produto", caminho={"filial": "1", "codprod": 1}, query={"limite": 2}),),
        erros=(*DA_FILIAL, "CAMPO_INVALIDO", "ROTA_NAO_ENCONTRADA"),
        query=MovimentosQuery,
    ),
)
_POLITICAS = (
    OperacaoDoDocumento(
        "GET",
        "/api/v1/politicas",
        _GRUPO,
        "O estoque protegido: segurança e cotas por login",
        "Quem guarda o quê, para quem, até quando e por quê. Definem-se por prevenda politicas definir. De um login, a "
        "mais estreita (produto, departamento, todos) vale no lugar da mais larga. As vendas do próprio WinThor não "
        "são limitadas por elas.",
        {200: ("As políticas", PoliticasSchema)},
        (Exemplo("politicas", "De uma filial", query={"filial": "2"}),),
        erros=(*DA_FILIAL, "CAMPO_INVALIDO"),
        query=PoliticasQuery,
    ),
)

OPERACOES = (*_LOG, *_RESERVAS, *_CONCILIACAO, *_FLUXO, *_INDICADORES, *_POLITICAS)
