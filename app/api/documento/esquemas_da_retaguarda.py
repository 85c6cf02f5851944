"""Schemas of the back office's answers."""

from __future__ import annotations

from app.api.documento.esquemas import (
    INSTANTE,
    INTEIRO,
    NUMERO,
    SIM_NAO,
    TEXTO,
    Esquema,
    lista,
    mapa,
    objeto,
    ou_nulo,
    ref,
)

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
