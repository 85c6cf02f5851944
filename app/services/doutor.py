"""`prevenda doctor`: what of a site's WinThor the gateway depends on, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.cliente import Cliente, conferir_bloqueio
from app.services.conciliar import conciliar
from app.services.gateway import Gateway
from app.services.saude import conferir_prontidao
from app.winthor import catalogo, clientes, parametros
from app.winthor.catalogo import ColunaReal
from app.winthor.faults import Falha
from app.winthor.parametros import Parametro

OK, AVISO, ERRO = "ok", "aviso", "erro"

# What happens when a parameter has no value (spec R6, R7, R8).
SEM_VALOR = {
    parametros.RCA_DE_CADASTRO: "pré-venda sem vendedor e sem operador é recusada (PARAMETRO_AUSENTE)",
    parametros.PRACA_DE_CADASTRO: "cliente novo fica na praça 1",
    parametros.ATIVIDADE_DE_CADASTRO: "cliente novo fica na atividade 1",
    parametros.CNAE_DE_CADASTRO: "cliente novo fica com o CNAE 4729-6/99",
    parametros.ALTERA_CLIENTE: "conta como Sim: o pagamento atualiza o cliente",
    parametros.VALIDA_CEP: "conta como Sim: o CEP é validado",
    parametros.PRACA_POR_CEP: "conta como Não: a praça vem do parâmetro 4011",
}

# Parameters that are read as a number.
CODIGOS = (parametros.RCA_DE_CADASTRO, parametros.PRACA_DE_CADASTRO, parametros.ATIVIDADE_DE_CADASTRO)

# Differences of clock that people make, not zones, are seconds.
RELOGIO_MAXIMO_S = 60


@dataclass(frozen=True, slots=True)
class Achado:
    """One line of the report."""

    conferencia: str
    situacao: str
    detalhe: str


def examinar(gw: Gateway, filiais: list[str]) -> list[Achado]:
    """Examine the database and the parameters of ``filiais``; reads only."""
    try:
        with gw.db.read():
            pass
    except Falha as falha:
        return [Achado("banco", ERRO, f"não responde ({falha.codigo})")]
    return [
        Achado("banco", OK, f"responde ({gw.db.engine.dialect.name})"),
        *_tabelas(gw),
        *_ate_falhar("parâmetros", _parametros(gw, filiais)),
        *_ate_falhar("CGCENT", _documentos(gw)),
        *_ate_falhar("consumidor final", _consumidor(gw, filiais)),
        *_ate_falhar("relógio", _relogio(gw)),
        *_ate_falhar("gatilhos", _gatilhos(gw)),
        *_operacao(gw),
        *_ate_falhar("conciliação", _conciliacao(gw)),
    ]


def _ate_falhar(conferencia: str, achados: Iterator[Achado]) -> Iterator[Achado]:
    """A check that breaks, for want of a table say, is a finding and does not hide the others."""
    try:
        yield from achados
    except Falha as falha:
        yield Achado(conferencia, ERRO, f"não pôde ser conferido ({falha.codigo})")


def _tabelas(gw: Gateway) -> Iterator[Achado]:
    for tabela, colunas in catalogo.tabelas_usadas().items():
        reais = catalogo.colunas_reais(gw.db.engine, tabela)
        if reais is None:
            yield Achado(f"tabela {tabela}", ERRO, "não existe ou não pode ser lida")
            continue
        usadas = set(colunas)
        if tabela in gw.maps:
            usadas = {*gw.maps[tabela].columns, *catalogo.SEM_MAPA.get(tabela, ())}
        if faltam := sorted(usadas - set(reais)):
            yield Achado(f"tabela {tabela}", ERRO, f"faltam as colunas {', '.join(faltam)}")
        yield from _larguras(tabela, reais)
        if tabela in gw.maps:
            yield from _obrigatorias(gw, tabela, reais)


def _larguras(tabela: str, reais: dict[str, ColunaReal]) -> Iterator[Achado]:
    menores = [
        f"{nome} ({reais[nome].length}, esperado {largura})"
        for nome, largura in catalogo.larguras_conhecidas(tabela).items()
        if nome in reais and (reais[nome].length or largura) < largura
    ]
    if menores:
        yield Achado(f"larguras de {tabela}", AVISO, "mais estreitas que o esperado: " + ", ".join(menores))


def _obrigatorias(gw: Gateway, tabela: str, reais: dict[str, ColunaReal]) -> Iterator[Achado]:
    mapeadas = set(gw.maps[tabela].columns)
    abertas = sorted(c.nome for c in reais.values() if not c.nullable and not c.tem_default and c.nome not in mapeadas)
    if abertas:
        yield Achado(
            f"obrigatórias de {tabela}",
            ERRO,
            f"NOT NULL sem mapa nem padrão: {', '.join(abertas)}; inclua em mappings/",
        )


def _parametros(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    with gw.db.read() as connection:
        existentes = gw.cadastros.filiais(connection, filiais)
        for filial in filiais:
            if filial not in existentes:
                yield Achado(f"filial {filial}", ERRO, "não existe em PCFILIAL")
                continue
            achados = gw.parametros.ler(connection, filial)
            for numero in parametros.USADOS:
                yield _parametro(f"parâmetro {numero}, filial {filial}", numero, achados.get(numero))


def _parametro(conferencia: str, numero: int, parametro: Parametro | None) -> Achado:
    sem_valor = f"sem valor: {SEM_VALOR[numero]}"
    if parametro is None:
        return Achado(conferencia, AVISO, sem_valor)
    achado = f"{parametro.nome} = {parametro.valor} ({parametro.origem})"
    if numero in CODIGOS and parametro.inteiro is None:
        return Achado(conferencia, AVISO, f"{achado} não é um número e conta como {sem_valor}")
    return Achado(conferencia, OK, f"{achado}; {sem_valor}")


def _documentos(gw: Gateway) -> Iterator[Achado]:
    with gw.db.read() as connection:
        outras = clientes.contar_outras_formas(connection)
    if outras and not gw.settings.cgcent_normalizado:
        texto = f"{outras} cliente(s) com CGCENT em outra forma; não são achados sem PREVENDA_CGCENT_NORMALIZADO=S"
        yield Achado("CGCENT", AVISO, texto)
    else:
        yield Achado("CGCENT", OK, "todas as formas são achadas")


def _consumidor(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    with gw.db.read() as connection:
        geral = gw.cadastros.consumo(connection).codcli_consumidor or gw.settings.codcli_consumidor
        achadas = gw.cadastros.filiais(connection, filiais)
        codigos = {filial: achadas[filial].codcli_consumidor or geral for filial in filiais if filial in achadas}
        achados = {c.codcli: c for c in clientes.buscar(connection, set(codigos.values()), None)}
    for filial, codigo in codigos.items():
        problema = _problema_do_consumidor(gw, achados.get(codigo))
        texto = f"cliente {codigo}" if problema is None else f"o cliente {codigo} {problema}"
        yield Achado(f"consumidor final, filial {filial}", OK if problema is None else ERRO, texto)


def _problema_do_consumidor(gw: Gateway, cliente: Cliente | None) -> str | None:
    if cliente is None:
        return "não existe"
    if cliente.excluido:
        return "está excluído"
    return "está bloqueado" if conferir_bloqueio(cliente, gw.settings.permite_cliente_bloqueado) else None


def _relogio(gw: Gateway) -> Iterator[Achado]:
    with gw.db.read() as connection:
        banco = catalogo.relogio(connection, gw.settings.fuso)
    fuso = gw.settings.fuso
    diferenca = abs((banco - gw.hora_do_erp(gw.agora())).total_seconds())
    if diferenca <= RELOGIO_MAXIMO_S:
        yield Achado("relógio", OK, f"o do banco e o de {fuso} diferem {diferenca:.0f} s")
    else:
        yield Achado("relógio", AVISO, f"o do banco e o de PREVENDA_FUSO ({fuso}) diferem {diferenca:.0f} s")


ESCRITAS = ("PCPEDC", "PCPEDI", "PCPEDICESTA", "PCEST", "PCCLIENT", "PCUSUARI", "PCCONSUM", "PCLOGPEDIDOAPI")


def _gatilhos(gw: Gateway) -> Iterator[Achado]:
    with gw.db.read() as connection:
        achados = catalogo.gatilhos(connection, ESCRITAS)
    if not achados:
        yield Achado("gatilhos", OK, "nenhum nas tabelas escritas")
    for tabela, gatilho in achados:
        texto = f"{gatilho}: pode travar outras linhas ou mover QTRESERV de novo; confira com doctor --ensaio"
        yield Achado(f"gatilho em {tabela}", AVISO, texto)


def _operacao(gw: Gateway) -> Iterator[Achado]:
    prontidao = conferir_prontidao(gw)
    if not prontidao.pronto:
        yield Achado("operação", ERRO, prontidao.motivo)
    for aviso in prontidao.avisos:
        yield Achado("operação", AVISO, aviso)


def _conciliacao(gw: Gateway) -> Iterator[Achado]:
    diferencas = conciliar(gw).diferencas
    if diferencas:
        yield Achado("conciliação", AVISO, f"{len(diferencas)} diferença(s): rode prevenda conciliar")
    else:
        yield Achado("conciliação", OK, "QTRESERV confere com os pedidos")
