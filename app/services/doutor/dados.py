"""The rows the gateway depends on: parameters, customers, counters, reserved stock."""

from __future__ import annotations

import time
from collections.abc import Iterator

from app.domain.cliente import Cliente, conferir_bloqueio
from app.domain.dinheiro import texto
from app.services.doutor.achado import AVISO, ERRO, OK, Achado
from app.services.doutor.saude import conferir_prontidao
from app.services.gateway import Gateway
from app.settings import TV7, Settings
from app.winthor import clientes, numeracao, parametros, separacao, turnos
from app.winthor.consultas import conciliacao
from app.winthor.db.faults import Incompleto, Ocupado
from app.winthor.db.prazos import Finalidade, cortada, para
from app.winthor.esquema import indices
from app.winthor.esquema.catalogo import Catalogo
from app.winthor.parametros import Parametro

# What happens when a parameter has no value (R6, R7, R8).
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

# Fewer numbers left than this are told.
NUMEROS_MINIMOS = 50_000
# Stock rows compared with the orders; all of them are the business of `prevenda conciliar`.
AMOSTRA = 50


def parametros_das_filiais(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    """Each parameter in each branch, where its value comes from, and what happens without one."""
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


def filiais_das_configuracoes(gw: Gateway) -> Iterator[Achado]:
    """Branches that a setting names and PCFILIAL has not, or that another setting rules out: sales pass them over
    without a word (R4, R17, R29)."""
    nomeadas = _nomeadas(gw.settings)
    with gw.db.read() as connection:
        existentes = gw.cadastros.filiais(connection, {filial for nomes in nomeadas.values() for filial in nomes})
    for nome, nomes in nomeadas.items():
        faltam = [filial for filial in nomes if filial not in existentes]
        if faltam:
            yield Achado(nome, AVISO, f"não existe em PCFILIAL, e é ignorada: filial {', '.join(faltam)}")
        elif nomes:
            yield Achado(nome, OK, f"existe em PCFILIAL: filial {', '.join(nomes)}")
    permitidas, listas = gw.settings.filiais_entrega, gw.settings.filiais_da_loja
    for loja, lista in listas.items():
        barradas = [f for f in lista if f in existentes and permitidas and f != loja and f not in permitidas]
        if barradas:
            texto = f"fora de PREVENDA_FILIAIS_ENTREGA, e por isso ignorada: filial {', '.join(barradas)}"
            yield Achado(f"filiais da loja {loja}", AVISO, texto)
    sem_lista = [loja for loja in gw.settings.lojas_auto if loja in existentes and loja not in listas]
    if sem_lista:
        texto = f"sem lista em PREVENDA_FILIAIS_DA_LOJA, AUTO só pode escolher a própria: loja {', '.join(sem_lista)}"
        yield Achado("lojas com AUTO", AVISO, texto)


def _nomeadas(settings: Settings) -> dict[str, list[str]]:
    """The branches that each setting names, in its order. A payment term's key that a form of payment shares is no
    branch for certain."""
    das_listas = [filial for loja, lista in settings.filiais_da_loja.items() for filial in (loja, *lista)]
    dos_dias = [
        chave
        for chave in settings.dias_pagamento
        if not chave.endswith(";") and f"{chave.upper()};" not in settings.dias_pagamento
    ]
    return {
        nome: list(dict.fromkeys(filiais))
        for nome, filiais in (
            ("PREVENDA_FILIAIS_DA_LOJA", das_listas),
            ("PREVENDA_LOJAS_AUTO", settings.lojas_auto),
            ("PREVENDA_FILIAIS_ENTREGA", settings.filiais_entrega),
            ("PREVENDA_FILIAIS_SEM_ESTOQUE", settings.filiais_sem_estoque),
            ("PREVENDA_DIAS_PAGAMENTO", dos_dias),
        )
    }


def documentos(gw: Gateway) -> Iterator[Achado]:
    """Customers whose document is written so that the search would miss it (R7)."""
    with gw.db.read() as connection:
        outras = clientes.count_outras_formas(connection)
    if outras and not gw.settings.cgcent_normalizado:
        aviso = f"{outras} cliente(s) com CGCENT em outra forma; não são achados sem PREVENDA_CGCENT_NORMALIZADO=S"
        yield Achado("CGCENT", AVISO, aviso)
    else:
        yield Achado("CGCENT", OK, "todas as formas são achadas")


def consumidor(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    """The consumidor final of each branch (R7)."""
    with gw.db.read() as connection:
        geral = gw.cadastros.consumo(connection).codcli_consumidor or gw.settings.codcli_consumidor
        achadas = gw.cadastros.filiais(connection, filiais)
        codigos = {filial: achadas[filial].codcli_consumidor or geral for filial in filiais if filial in achadas}
        achados = {c.codcli: c for c in clientes.find(connection, set(codigos.values()), None)}
    for filial, codigo in codigos.items():
        problema = _problema_do_consumidor(gw, achados.get(codigo))
        detalhe = f"cliente {codigo}" if problema is None else f"o cliente {codigo} {problema}"
        yield Achado(f"consumidor final, filial {filial}", OK if problema is None else ERRO, detalhe)


def _problema_do_consumidor(gw: Gateway, cliente: Cliente | None) -> str | None:
    if cliente is None:
        return "não existe"
    if cliente.excluido:
        return "está excluído"
    return "está bloqueado" if conferir_bloqueio(cliente, gw.settings.permite_cliente_bloqueado) else None


def contadores(gw: Gateway) -> Iterator[Achado]:
    """The counters that number orders (R2) and new customers (R7), and how much of their range is left."""
    with gw.db.read() as connection:
        pedidos = numeracao.restantes(connection, gw.settings.numeracao)
        livres = clientes.codigos_restantes(connection)
    no_fim = [contador for contador in pedidos if contador.restam < NUMEROS_MINIMOS]
    for contador in sorted(no_fim, key=lambda contador: (contador.restam, contador.dono)):
        yield Achado(f"contador de pedidos, {contador.dono}", *_restam(contador.restam, "NUMERACAO_ESGOTADA"))
    if not no_fim:
        yield Achado("contadores de pedidos", OK, f"{len(pedidos)} em {gw.settings.numeracao}")
    if livres is None:
        yield Achado("contador de clientes", ERRO, "PCCONSUM não tem exatamente uma linha")
    else:
        yield Achado("contador de clientes", *_restam(livres, "cliente novo vira consumidor final"))


def _restam(restam: int, sem: str) -> tuple[str, str]:
    if restam <= 0:
        return ERRO, f"esgotado: {sem}"
    return (AVISO if restam < NUMEROS_MINIMOS else OK), f"restam {restam} números"


def indices_de_pedidos(gw: Gateway) -> Iterator[Achado]:
    """Whether an index finds an order by its pre-sale's number, and the orders of a day; what happens without (R21)."""
    with gw.db.read() as connection:
        do_numero, do_dia = indices.tem_indice_do_numero(connection), indices.tem_indice_do_dia(connection)
    nome = "índice de PCPEDC por NUMPEDHUBE"
    if do_numero:
        yield Achado(nome, OK, "cada pré-venda nova é procurada nos pedidos de outro serviço antes de reservar")
    else:
        sem = (
            "não há: nenhuma venda procura um pedido de outro serviço com o mesmo número, que só se conhece pela "
            f"rotina de adoção (PREVENDA_VARREDURA) ou por prevenda reservas adotar; para criar: {indices.CRIAR}"
        )
        yield Achado(nome, AVISO, sem)
    nome = "índice de PCPEDC por DATA"
    if do_dia:
        yield Achado(nome, OK, "a rotina de adoção lê só os dias desde a última")
    else:
        sem = (
            "não há: a rotina de adoção não roda, porque leria todos os pedidos a cada vez; agende prevenda reservas "
            f"adotar; para criar: {indices.CRIAR_DO_DIA}"
        )
        yield Achado(nome, AVISO, sem)


def indices_do_estoque(gw: Gateway) -> Iterator[Achado]:
    """Whether what holds stock, and a customer by document, are found by an index, and what it costs without (R19,
    R7)."""
    with gw.db.read() as connection:
        achados = {chave: indices.tem_indice_de(connection, chave[1], chave[0]) for chave in _INDICES_DO_ESTOQUE}
        sem_mascara = gw.settings.cgcent_normalizado and indices.tem_indice_sem_mascara(connection)
    for (tabela, coluna), (com, sem, criar) in _INDICES_DO_ESTOQUE.items():
        if (tabela, coluna) == ("PCCLIENT", "CGCENT") and gw.settings.cgcent_normalizado:
            continue
        yield _indice(f"índice de {tabela} por {coluna}", achados[tabela, coluna], com, sem, criar)
    if gw.settings.cgcent_normalizado:
        yield _indice("índice de PCCLIENT por CGCENT sem máscara", sem_mascara, *_SEM_MASCARA)


def _indice(nome: str, ha: bool, com: str, sem: str, criar: str) -> Achado:
    return Achado(nome, OK if ha else AVISO, com if ha else f"não há: {sem}; para criar: {criar}")


_DO_ESTOQUE = "o que retém estoque é lido sem percorrer o histórico"
_INDICES_DO_ESTOQUE = {
    ("PCPEDC", indices.POSICAO): (
        _DO_ESTOQUE,
        "a conciliação, a página de estoque e o assentamento percorrem todos os pedidos do WinThor",
        indices.CRIAR_DA_POSICAO,
    ),
    ("PCPEDC", indices.ENTREGA): (
        _DO_ESTOQUE,
        "cada venda futura (CONDVENDA 7) em aberto percorre todos os pedidos à procura das suas entregas",
        indices.CRIAR_DA_ENTREGA,
    ),
    ("PCPEDI", "CODPROD"): (
        "quem retém um produto é lido sem percorrer o histórico",
        "a página de um produto, que diz quem o retém, e as buscas por produto percorrem as linhas de todos os pedidos "
        "do WinThor",
        indices.CRIAR_DO_PRODUTO,
    ),
    ("PCCLIENT", "CGCENT"): (
        "o cliente é achado pelo documento sem percorrer PCCLIENT",
        "cada pré-venda com CPF/CNPJ percorre todos os clientes, e a de um cliente novo outra vez com PCCONSUM travada",
        indices.CRIAR_DO_DOCUMENTO,
    ),
}
_SEM_MASCARA = (
    "o cliente é achado pelo documento sem máscara sem percorrer PCCLIENT",
    "com PREVENDA_CGCENT_NORMALIZADO=S cada pré-venda com CPF/CNPJ percorre todos os clientes, e a de um cliente novo "
    "outra vez com PCCONSUM travada",
    indices.CRIAR_SEM_MASCARA,
)


def tempo_da_soma(gw: Gateway) -> Iterator[Achado]:
    """How long the sum of all live orders takes, against the limit of a page (R19)."""
    nome, limite = "soma dos pedidos vivos", gw.db.limite_de(Finalidade.RELATORIO)
    remedio = f"crie o índice ({indices.CRIAR_DA_POSICAO}) ou aumente o limite"
    try:
        levou = _somar(gw)
    except Incompleto:
        return  # which table is missing is told where tables are looked at
    except Ocupado as falha:
        if cortada(falha):
            texto = (
                f"não terminou em {limite:.0f} s (PREVENDA_LIMITE_RELATORIO_S): a página da conciliação responde "
                f"BANCO_OCUPADO, só prevenda conciliar a faz; {remedio}"
            )
        else:
            texto = "outra conciliação está em andamento; examine de novo depois dela"
        yield Achado(nome, AVISO, texto)
        return
    medida = f"levou {levou:.1f} s; a página da conciliação tem {limite:.0f} s (PREVENDA_LIMITE_RELATORIO_S)"
    yield Achado(nome, *((OK, medida) if levou <= limite / 2 else (AVISO, f"{medida}: {remedio}")))


def _somar(gw: Gateway) -> float:
    """Sum as the reconciliation does, as a page would; the seconds."""
    with para(Finalidade.RELATORIO), gw.db.read(in_batches=True) as connection:
        turnos.lock_soma(gw.db, connection)
        comeco = time.monotonic()
        for _ in conciliacao.contadores(connection, gw.regra_de_retencao(connection), None):
            pass
        return time.monotonic() - comeco


def separacao_do_site(gw: Gateway, site: Catalogo) -> Iterator[Achado]:
    """Which stamps of separation the release has (R24)."""
    faltam = separacao.colunas_que_faltam(gw.db, site)
    if not faltam:
        yield Achado("carimbos de separação", OK, "PCPEDC tem todas as colunas")
        return
    detalhe = (
        f"PCPEDC não tem {', '.join(faltam)}: a separação é vista pelas outras colunas, por NUMCAR e por POSICAO M"
    )
    yield Achado("carimbos de separação", AVISO, detalhe)


def retencao(gw: Gateway) -> Iterator[Achado]:
    """Which sale types hold stock, and where a future sale does (R19)."""
    with gw.db.read() as connection:
        regra = gw.regra_de_retencao(connection)
    tipos = ", ".join(map(str, sorted(regra.condvenda))) or "todos"
    futura = "retém" if regra.futura else "não retém"
    if regra.futura_ao_contrario:
        futura += f" (ao contrário nas filiais {', '.join(sorted(regra.futura_ao_contrario))})"
    detalhe = f"retêm estoque os tipos de venda: {tipos}; a venda futura (7) {futura}, pelo parâmetro 2542"
    yield Achado("retenção de estoque", OK, detalhe)


def venda_futura(gw: Gateway) -> Iterator[Achado]:
    """What parameter 2542 and the site's tables mean for PREVENDA_PAGO (R23)."""
    nome = "pedido pago (PREVENDA_PAGO)"
    if gw.settings.pago != TV7:
        yield Achado(nome, OK, "tv1: o pedido pago segue venda normal; nada é dividido em venda futura e entregas")
        return
    with gw.db.read() as connection:
        tv7 = gw.parametros.ler_chaveado(connection, parametros.RESERVA_TV7)
    excecoes = ", ".join(sorted(tv7.ao_contrario))
    if tv7.geral or tv7.ao_contrario:
        onde = "em todas as filiais" if tv7.geral else f"nas filiais {excecoes}"
        if tv7.geral and tv7.ao_contrario:
            onde += f", menos {excecoes}"
        texto = (
            f"tv7, mas o parâmetro 2542 está ligado {onde}: ali o próprio WinThor reserva pela venda futura e faz da "
            "entrega (TV8) que vem de fora uma venda normal (TV1); desligue o 2542, ou volte a PREVENDA_PAGO=tv1"
        )
        yield Achado(nome, AVISO, texto)
    else:
        texto = "tv7, e o parâmetro 2542 está desligado: a venda futura não reserva, as entregas (TV8) retêm o estoque"
        yield Achado(nome, OK, texto)
    if not gw.tem_vinculo:
        texto = "esta base não tem PCVINCULOPEDIDOMATCON: o faturamento do caixa não acha a venda futura por ela"
        yield Achado("vínculo da venda futura", AVISO, texto)
    if not gw.procura_entregas:
        texto = f"entregas de vendas futuras feitas por outro serviço não são conhecidas; {indices.CRIAR_DA_ENTREGA}"
        yield Achado("entregas de outro serviço", AVISO, texto)


def operacao(gw: Gateway) -> Iterator[Achado]:
    """What ``/health/ready`` would say."""
    prontidao = conferir_prontidao(gw)
    if not prontidao.pronto:
        yield Achado("operação", ERRO, prontidao.motivo)
    for aviso in prontidao.avisos:
        yield Achado("operação", AVISO, aviso)


def contadores_negativos(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    """Counters of the stock that other sessions have left below zero (R4)."""
    with gw.db.read() as connection:
        negativos = list(conciliacao.contadores_negativos(connection, filiais, AMOSTRA))
    if not negativos:
        yield Achado("contadores do estoque", OK, "nenhum abaixo de zero")
        return
    primeiro = negativos[0]
    colunas = ", ".join(f"{coluna} {texto(valor)}" for coluna, valor in primeiro.colunas.items())
    quantas = f"{len(negativos)}{'' if len(negativos) < AMOSTRA else ' ou mais'} linha(s) de PCEST abaixo de zero"
    exemplo = f"filial {primeiro.filial} produto {primeiro.codprod}: {colunas}"
    yield Achado(
        "contadores do estoque", AVISO, f"{quantas}, que contam como zero ({exemplo}): rode prevenda conciliar"
    )


def amostra_do_estoque(gw: Gateway, filiais: list[str]) -> Iterator[Achado]:
    """QTRESERV of a sample of stock rows against the orders that hold them (R19)."""
    with gw.db.read() as connection:
        comparadas = conciliacao.amostra(connection, filiais, gw.regra_de_retencao(connection), AMOSTRA)
    divergem = [linha for linha in comparadas if linha.reservado != linha.esperado]
    if not divergem:
        yield Achado("conciliação", OK, f"QTRESERV confere com os pedidos em {len(comparadas)} linha(s) de amostra")
        return
    pior = max(divergem, key=lambda linha: abs(linha.reservado - linha.esperado))
    maior = f"filial {pior.filial} produto {pior.codprod}: {texto(pior.reservado)} em vez de {texto(pior.esperado)}"
    quantas = f"{len(divergem)} de {len(comparadas)} linha(s) de amostra divergem dos pedidos"
    yield Achado("conciliação", AVISO, f"{quantas} (a maior, {maior}): rode prevenda conciliar")
