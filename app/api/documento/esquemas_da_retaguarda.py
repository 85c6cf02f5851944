"""Schemas of the back office's answers."""

from __future__ import annotations

from app.api.documento.esquemas import (
    INSTANTE,
    INTEIRO,
    NUMERO,
    OBJETO,
    QUALQUER,
    SIM_NAO,
    TEXTO,
    Esquema,
    lista,
    mapa,
    objeto,
    ou_nulo,
    ref,
)

LISTA_DO_LOG = objeto(itens=lista(ref("Operacao")), proximo=ou_nulo(TEXTO))
EXPORTACAO = objeto(itens=lista(ref("Operacao")), truncada=SIM_NAO)
LISTA_DE_RESERVAS = objeto(itens=lista(ref("Reserva")), proximo=ou_nulo(INTEIRO))
_LINHA = objeto(
    numseq=INTEIRO,
    codprod=INTEIRO,
    codauxiliar=ou_nulo(INTEIRO),
    filial=TEXTO,
    qt=NUMERO,
    pvenda=NUMERO,
    componentes=lista(objeto(codprod=INTEIRO, qtmp=NUMERO, pvenda=NUMERO)),
)
RESERVA_INTEIRA: Esquema = {
    "allOf": [
        ref("Reserva"),
        objeto(linhas=lista(_LINHA), linhagem=lista(ref("Elo")), eventos=lista(ref("Evento"))),
    ]
}
_NO_LOG = objeto(
    data=ou_nulo(TEXTO),
    numped=ou_nulo(INTEIRO),
    posicao=ou_nulo(TEXTO),
    operacao=ou_nulo(TEXTO),
    status=ou_nulo(TEXTO),
    codcli=ou_nulo(INTEIRO),
)
OPERACAO_INTEIRA: Esquema = {
    "allOf": [
        ref("Operacao"),
        objeto(
            situacaoPreVenda=ou_nulo(INTEIRO),
            duracaoMs=ou_nulo(INTEIRO),
            limite=INSTANTE,
            requisicao=ou_nulo(OBJETO),
            resposta=QUALQUER,
            erros=lista(OBJETO),
            explicacao=ou_nulo(objeto(oQue=TEXTO, oQueFazer=TEXTO, rotina=ou_nulo(TEXTO))),
            log=ou_nulo(_NO_LOG),
            tabelas=lista(
                {
                    "type": "object",
                    "required": ["tabela", "mudanca"],
                    "properties": {
                        "tabela": TEXTO,
                        "mudanca": TEXTO,
                        "filial": TEXTO,
                        "codprod": INTEIRO,
                        "variacao": NUMERO,
                    },
                }
            ),
            linhagem=lista(ref("Elo")),
            eventos=lista(ref("Evento")),
        ),
    ]
}
_CONTAGENS = objeto(A=INTEIRO, R=INTEIRO, P=INTEIRO)
RESUMO_DO_LOG = objeto(
    de=INSTANTE,
    ate=INSTANTE,
    contagens=_CONTAGENS,
    pendenteDesde=ou_nulo(INSTANTE),
    pendenteSegundos=ou_nulo(INTEIRO),
    recusas=lista(
        objeto(
            codigo=TEXTO,
            quantas=INTEIRO,
            primeira=INSTANTE,
            ultima=INSTANTE,
            filiais=lista(TEXTO),
            porHora=lista(INTEIRO),
        )
    ),
    porHora=lista(objeto(hora=INSTANTE, A=INTEIRO, R=INTEIRO, P=INTEIRO)),
)
LISTA_DE_EXTERNAS = objeto(
    itens=lista({"allOf": [_NO_LOG, objeto(json=QUALQUER, jsonInvalido=SIM_NAO)]}), truncada=SIM_NAO
)
RECUSAS_SEM_REGISTRO = objeto(itens=lista(objeto(hora=TEXTO, caller=ou_nulo(TEXTO), codigo=TEXTO, vezes=INTEIRO)))
CONCILIACAO = objeto(
    geradoEm=INSTANTE,
    diferencas=lista(ref("Diferenca")),
    totais=objeto(diferencas=INTEIRO, porTipo=mapa(INTEIRO), valor=NUMERO),
)
CORRECOES = objeto(
    simulado=SIM_NAO,
    correcoes=lista({"allOf": [ref("Diferenca"), objeto(resultado=TEXTO)]}),
    desconhecidos=lista(TEXTO),
)
