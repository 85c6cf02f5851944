"""The tables of the site against those the gateway was built with: columns, widths, what must be filled."""

from __future__ import annotations

from collections.abc import Iterator

from app.mapping import ColumnSpec, TableMap
from app.services.doutor.achado import AVISO, ERRO, OK, Achado
from app.services.gateway import Gateway
from app.services.mapas import IDENTIFICADORES, winthor_catalog
from app.winthor.esquema import catalogo
from app.winthor.esquema.catalogo import Catalogo, Colunas


def conferir(gw: Gateway, site: Catalogo) -> list[Achado]:
    """Findings of every table the gateway names, or that there are none."""
    achados = list(_conferir(gw, site))
    quantas = len(catalogo.tabelas_usadas())
    return achados or [Achado("tabelas", OK, f"{quantas} com as colunas e as larguras esperadas")]


def _conferir(gw: Gateway, site: Catalogo) -> Iterator[Achado]:
    embutidas = winthor_catalog()
    for tabela, colunas in catalogo.tabelas_usadas().items():
        reais = site.tabelas.get(tabela)
        if reais is None and tabela in catalogo.OPCIONAIS:
            continue  # where it counts, the doctor says what is missing without it
        if reais is None:
            yield _sem_catalogo(gw, tabela)
            continue
        usadas = set(colunas)
        if tabela in gw.maps:
            das_mudancas = {c for m in gw.maps.values() if m.table == tabela for c in m.columns}
            usadas = {*das_mudancas, *catalogo.SEM_MAPA.get(tabela, ())}
        if faltam := sorted(usadas - set(reais)):
            yield Achado(f"tabela {tabela}", ERRO, f"faltam as colunas {', '.join(faltam)}")
        yield from _larguras(tabela, reais, embutidas.get(tabela, {}))
        if tabela in gw.maps:
            yield from _obrigatorias(gw.maps[tabela], reais, embutidas[tabela])


def _sem_catalogo(gw: Gateway, tabela: str) -> Achado:
    if catalogo.legivel(gw.db, tabela):
        texto = "pode ser lida, mas o catálogo não mostra suas colunas: valem as larguras embutidas"
        return Achado(f"tabela {tabela}", AVISO, texto)
    return Achado(f"tabela {tabela}", ERRO, "não existe ou não pode ser lida")


def _larguras(tabela: str, reais: Colunas, embutidas: dict[str, ColumnSpec]) -> Iterator[Achado]:
    textos: list[str] = []
    codigos: list[str] = []
    numeros: list[str] = []
    for nome, embutida in embutidas.items():
        real = reais.get(nome)
        if real is None:
            continue
        if real.tipo == "text" and embutida.kind == "text" and (real.largura or 0) < (embutida.length or 0):
            lista = codigos if (tabela, nome) in IDENTIFICADORES else textos
            lista.append(f"{nome} ({real.largura}, esperado {embutida.length})")
        elif real.precisao is not None and _tem_menos_digitos(real.precisao, real.escala or 0, embutida):
            numeros.append(f"{nome} ({real.precisao},{real.escala}, esperado {embutida.precision},{embutida.scale})")
    if textos:
        texto = f"mais estreitas que o esperado, os textos são aparados: {', '.join(textos)}"
        yield Achado(f"larguras de {tabela}", AVISO, texto)
    if codigos:
        texto = f"mais estreitas que o esperado e não podem ser aparadas: {', '.join(codigos)}"
        yield Achado(f"identificadores de {tabela}", ERRO, texto)
    if numeros:
        yield Achado(f"dígitos de {tabela}", AVISO, f"menos que o esperado: {', '.join(numeros)}")


def _tem_menos_digitos(precisao: int, escala: int, embutida: ColumnSpec) -> bool:
    if embutida.precision is None or embutida.scale is None:
        return False
    return escala < embutida.scale or precisao - escala < embutida.precision - embutida.scale


def _obrigatorias(mapa: TableMap, reais: Colunas, embutidas: dict[str, ColumnSpec]) -> Iterator[Achado]:
    abertas = sorted(
        c.nome for c in reais.values() if not c.nullable and not c.tem_default and c.nome not in mapa.columns
    )
    if abertas:
        texto = (
            f"NOT NULL sem mapa nem padrão: {', '.join(abertas)}; inclua em mappings/, se um gatilho não as preenche"
        )
        yield Achado(f"obrigatórias de {mapa.table}", ERRO, texto)
    incertas = sorted(
        nome
        for entry in mapa.entries
        if (nome := entry.column.name) in reais
        and not reais[nome].nullable
        and (nome not in embutidas or embutidas[nome].nullable)
        and entry.const is None
        and entry.default is None
    )
    if incertas:
        texto = f"NOT NULL neste banco e sem default no mapa: {', '.join(incertas)}; sem valor, a gravação é recusada"
        yield Achado(f"obrigatórias mapeadas de {mapa.table}", AVISO, texto)
