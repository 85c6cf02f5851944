"""Everything the product can be asked to do, once: what its statements are read off."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
from decimal import Decimal
from typing import Any

from app.api.contrato.ensaio import requisicao_de_ensaio
from app.api.contrato.requisicao import parse_do_log
from app.domain.outro_prazo import por_dias
from app.domain.vida import VIVOS, Estado
from app.recursos import pasta
from app.services import doutor, politicas
from app.services.acesso import credenciais
from app.services.acesso.credenciais import Caller
from app.services.comparar import comparar
from app.services.comparar.soma import Soma
from app.services.conciliacao import conciliar, correcoes, retrato
from app.services.consulta import (
    auditoria,
    dinheiro,
    estoque,
    fluxo,
    indicadores,
    log_externo,
    movimentos,
    nomes,
    operacoes,
    primeiro_problema,
    procura,
    recusas_sem_registro,
    reservas,
    resumo_do_log,
)
from app.services.consulta.operacoes import FiltroDoLog
from app.services.consulta.reservas import FiltroDeReservas
from app.services.doutor import ensaio, saude
from app.services.eventos import assinaturas, feed, observar
from app.services.eventos.entregar import entregar_tudo
from app.services.gateway import utc
from app.services.operacao import recuperacao
from app.services.operacao.andamento import sempre
from app.services.politicas import Definicao
from app.services.tempo import adotar, anonimizar, apurar, encerrar, expirar, simular_prazo
from app.services.tempo.rotinas import Plantao
from app.winthor import aptidao, entregas, separacao, sessoes_totvs
from app.winthor import credenciais as linhas_de_credenciais
from app.winthor.consultas import lista_de_operacoes, lista_de_reservas
from app.winthor.consultas import movimentos as consulta_de_movimentos
from app.winthor.consultas.lista_de_reservas import FiltroDaLista
from app.winthor.esquema import catalogo, schema
from app.winthor.sessoes_totvs import SessaoLida
from tests.integration.comparar.totvs import Totvs
from tests.integration.test_recuperacao import cair
from tests.support.builders import cliente_completo, componente, item, kit, pre_venda
from tests.support.cep_servers import endereco_sem_servidor
from tests.support.gateway import ROTA, Casa

DA_FILIAL = Caller("gerente", frozenset({"1"}), frozenset({"retaguarda", "retaguarda-agir"}))
PAGAMENTO = [{"pagamentoForma": {"idRetaguarda": "DH"}, "pagamentoCondicao": {"idRetaguarda": 1}}]


def viver(casa: Casa) -> None:
    """Every use case, in an order in which each finds what it needs."""
    _balcao(casa)
    _venda_futura(casa)
    _protegido(casa)
    _de_outras_filiais(casa)
    _consultas(casa)
    _retaguarda(casa)
    _tempo(casa)
    _conciliacao(casa)
    _comparacao(casa)
    _instalacao(casa)


def _balcao(casa: Casa) -> None:
    """What a POS sends: reserve, repeat, alter, rescue, pay, cancel; refusals too."""
    primeira = casa.reservar(pre_venda(item(idVendedorRetaguarda="100"), kit(), cliente=cliente_completo()))
    casa.reservar(pre_venda(numero="PV-2", cliente={"cpfCnpj": "11222333000181", "idRetaguarda": 20}), "hub")
    casa.enviar(pre_venda(item(quantidade=9999), numero="PV-3"))
    casa.enviar(pre_venda(numero="PV-4"), headers={"Idempotency-Key": "k"})
    casa.enviar(pre_venda(numero="PV-4"), headers={"Idempotency-Key": "k"})
    segunda = casa.reservar(pre_venda(kit(2), idRetaguarda=primeira))
    casa.enviar(pre_venda(situacaoPreVenda=3, idRetaguarda=primeira))
    pago = {"situacaoPreVenda": 1, "pagamentos": PAGAMENTO, "cliente": cliente_completo()}
    casa.enviar(pre_venda(kit(2), idRetaguarda=segunda, **pago))
    casa.enviar(pre_venda(situacaoPreVenda=0, idRetaguarda=segunda))
    terceira = casa.reservar(pre_venda(numero="PV-5", cliente=cliente_completo()))
    casa.enviar(pre_venda(numero="PV-5", idRetaguarda=terceira, **pago))
    quarta = casa.reservar(pre_venda(kit(2), numero="PV-10"))
    em_partes = [kit(1, entrega={"tipoEntrega": tipo}) for tipo in (1, 2)]  # a line that leaves in two ways
    casa.enviar(pre_venda(*em_partes, numero="PV-10", idRetaguarda=quarta, situacaoPreVenda=1, pagamentos=PAGAMENTO))

    casa.executar("UPDATE PCUSUARI SET PROXNUMPED = NULL WHERE CODUSUR = 2")
    casa.executar(
        "INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL) SELECT 2000001, MAX(DATA), 1, 2, '1' FROM PCPEDC"
    )
    casa.reservar(pre_venda(item(idVendedorRetaguarda="RCA-2"), numero="PV-9"))
    casa.executar("UPDATE PCMETAPARAMFILIAL SET VALORDEFAULT = 'S' WHERE ID = 4680")
    outra = casa.com(
        grava_pcnfcan=True,
        grava_pcvendaconsum=True,
        max_reservas_abertas=999,
        max_unidades_abertas=9999,
        log_json="claro",
    )
    parte = {"cpfCnpj": "39053344705", "nome": "José"}
    quinta = outra.reservar(pre_venda(kit(itensKit=[componente("100-1", 2, 15)]), numero="PV-6", cliente=parte))
    outra.enviar(pre_venda(situacaoPreVenda=0, numero="PV-6", idRetaguarda=quinta))
    outra.reservar(pre_venda(numero="PV-7", cliente=cliente_completo(cpfCnpj="39053344705")))
    outra.close()


def _venda_futura(casa: Casa) -> None:
    """Paid orders that leave by deliveries: with kits, cancelled and sold again, seen by all who look at a family."""
    uma_a_uma = casa.com(pago="tv7", oracle_linha_a_linha=True)
    lotes = casa.com(pago="tv7")
    for loja, kits in ((uma_a_uma, 2), (lotes, 1)):
        itens = [kit(kits, entrega={"tipoEntrega": 1}), item("300-3", 1, entrega={"tipoEntrega": 2})]
        venda = loja.reservar(pre_venda(*itens, numero="PV-30"))
        pago = pre_venda(*itens, numero="PV-30", idRetaguarda=venda, situacaoPreVenda=1, pagamentos=PAGAMENTO)
        loja.enviar(pago)
        loja.enviar(pago)
        loja.pedir("GET", f"/api/v1/reservas/{venda + 1}", "retaguarda")
        conciliar.conciliar(loja.gw)
        loja.enviar(pre_venda(numero="PV-30", idRetaguarda=venda, situacaoPreVenda=0))
        loja.relogio.andar(seconds=1)
    uma_a_uma.close()
    with loja.gw.db.read() as connection:
        entregas.feitas_antes(connection, venda)  # where an index finds them
    doutor.examinar(loja.gw, doutor.todas_as_filiais(loja.gw)[:1])
    loja.close()


def _protegido(casa: Casa) -> None:
    """Policies made, judged by, listed and ended, of which none is left."""
    nada: dict[str, Any] = dict.fromkeys(("codprod", "codepto", "canal", "quantidade", "percentual", "inicio", "fim"))
    de_um = {"codprod": 1, "canal": "pdv1", "quantidade": Decimal(5)}
    do_depto = {"codepto": 1, "percentual": Decimal(10), "fim": casa.relogio.agora.date() + dt.timedelta(days=9)}
    numeros = [
        politicas.definir(casa.gw, "cli:teste", Definicao("1", **{**nada, **um}, motivo="teste"))
        for um in (de_um, do_depto)
    ]
    reservada = casa.reservar(pre_venda(item(), kit(), numero="PV-40"))
    casa.enviar(pre_venda(item(quantidade=3), numero="PV-40", idRetaguarda=reservada))
    casa.enviar(pre_venda(item(quantidade=9999), numero="PV-41"))
    casa.pedir("GET", "/api/v1/estoque/1/1", "retaguarda")
    politicas.listar(casa.gw, DA_FILIAL, filial="1")
    for numero in numeros:
        politicas.encerrar(casa.gw, "cli:teste", numero, "fim")
    politicas.listar(casa.gw, DA_FILIAL, encerradas=True)


def _de_outras_filiais(casa: Casa) -> None:
    """Branches chosen under the lock, a line that is split, one that the back office moves."""
    loja = casa.com(filiais_da_loja={"1": ("1", "2")})
    aberta = item(quantidade=3, entrega={"idLojaEntregaRetaguarda": "AUTO"})
    numped = loja.reservar(pre_venda(aberta, kit(), numero="PV-42"))
    loja.enviar(pre_venda(item("300-3", 999), numero="PV-43"))
    for simular in (True, False):
        corpo = {"linhas": [{"numseq": 1, "filial": "10"}], "motivo": "x", "simular": simular}
        loja.pedir("POST", f"/api/v1/reservas/{numped}/remanejamento", "retaguarda", json=corpo)
    loja.pedir("GET", "/api/v1/estoque/10/1/movimentos", "retaguarda")
    loja.close()


def _consultas(casa: Casa) -> None:
    """What POS and hub ask."""
    for rota in (
        f"{ROTA}/consulta?idRetaguarda=8000002",
        f"{ROTA}/consulta?numero=PV-2&idLojaRetaguarda=1",
        f"{ROTA}/consulta?numero=NENHUMA&idLojaRetaguarda=1",
        f"{ROTA}/consulta?idLojaRetaguarda=1&dataInicio=2026-03-01&dataFim=2026-03-31&situacao=2",
        "/api/wholesale/v1/orders/list?branchId=1",
        "/api/stock-vtex/v1/available/pdv-sync?branchId=1&productId=100-1",
        "/api/stock-vtex/v1/available/pdv-sync/list?branchId=1",
        "/api/v1/pre-vendas/PV-2?idLojaRetaguarda=1",
        "/api/v1/eventos?filial=1&tipo=reserva.criada",
        "/api/v1/eventos?depois=agora",
    ):
        assert casa.pedir("GET", rota).status_code in {200, 404}, rota
    _assinaturas(casa)
    feed.vistos_depois(casa.gw, 0)
    observar.observar(casa.gw, sempre)
    casa.executar("UPDATE PCPEDI SET QT = QT - 1 WHERE NUMPED = 8000002 AND NUMSEQ = 1")
    casa.reservar(pre_venda(numero="PV-VENCE", lockTTL="2h"))
    casa.relogio.andar(hours=1)
    assert observar.observar(casa.gw, sempre) >= 2
    casa.pedir("POST", "/api/v1/pre-vendas/simulacao", json=pre_venda(numero="PV-8"))


def _assinaturas(casa: Casa) -> None:
    """One who is called at an address on which nobody listens, until the end."""
    loja = casa.com(webhook_chave="k" * 32, webhook_redes=(ipaddress.ip_network("127.0.0.0/8"),))
    quem = Caller("cli", None, frozenset({"retaguarda-agir"}))
    id_assinatura = assinaturas.criar(loja.gw, quem, endereco_sem_servidor(), tipos=None, filiais=None).id
    assinaturas.girar(loja.gw, quem, id_assinatura)
    assinaturas.reenviar(loja.gw, quem, id_assinatura, 0)
    assinaturas.exigir_chave(loja.gw)
    assert entregar_tudo(loja.gw, "um", sempre).falhas == 1
    assinaturas.listar(loja.gw, quem)
    assinaturas.revogar(loja.gw, quem, id_assinatura)
    loja.close()


def _retaguarda(casa: Casa) -> None:
    """What the back office sees and does."""
    operacao = casa.tabela("GW_OPERACAO")[0]["ID"]
    filtros = f"codprod=1&de=2026-03-01T00:00:00Z&ate=2026-04-01T00:00:00Z&cursor={'f' * 32}"
    for rota in (
        f"/api/v1/log?{filtros}",
        f"/api/v1/log/{operacao}",
        "/api/v1/reservas?codprod=1&idadeMinimaHoras=0&cursor=9000000",
        "/api/v1/reservas/8000002",
        "/api/v1/estoque/1/1",
        "/api/v1/estoque/1/50",
        "/api/v1/fluxo?filial=1",
        "/api/v1/indicadores?filial=1",
        "/api/v1/estoque/1/1/movimentos?cursor=" + "f" * 32,
    ):
        assert casa.pedir("GET", rota, "retaguarda").status_code == 200, rota
    casa.pedir("POST", "/api/v1/reservas/8000002/prorrogacao", "retaguarda", json={"dias": 12, "motivo": "x"})
    hoje = casa.relogio.agora
    resumo_do_log.resumir(casa.gw, FiltroDoLog(frozenset({"1"})))
    _linha_alheia(casa)
    log_externo.externas(casa.gw, DA_FILIAL, hoje - dt.timedelta(days=1), hoje + dt.timedelta(hours=1))
    auditoria.recentes(casa.gw, DA_FILIAL)
    procura.procurar(casa.gw, DA_FILIAL, "8000002")
    procura.procurar(casa.gw, DA_FILIAL, "PV-2")
    _achar(casa)
    indicadores.medir(casa.gw, DA_FILIAL)
    indicadores.o_que_espera(casa.gw)
    separacao.colunas_que_faltam(casa.gw.db, catalogo.Catalogo())
    estoque.reservados(casa.gw, DA_FILIAL)
    estoque.descrever(casa.gw, [1])
    _dinheiro(casa)
    _retratos(casa)


def _achar(casa: Casa) -> None:
    """What the panel's lists and its search ask."""
    chefe = Caller("chefe", None, frozenset({"retaguarda"}))
    for caller in (DA_FILIAL, chefe):
        for texto in ("pv", "9", "300", "300-3", "rolo de la"):
            procura.procurar_tudo(casa.gw, caller, texto)
        estoque.dos_produtos(casa.gw, caller, [1, 3])
    procura.clientes_do_documento(casa.gw, "11222333000181")
    nomes.conhecer(casa.gw, chefe, vendedores=[1], clientes=[20], produtos=[1])
    nomes.que_ha(casa.gw, chefe)
    operacoes.folhear_log(casa.gw, FiltroDoLog(None), 50, 51)
    primeiro_problema.primeiros_problemas(casa.gw, ["0" * 32])
    reservas.totais_dos_pedidos(casa.gw, [8000001])
    reservas.listar(casa.gw, DA_FILIAL, FiltroDeReservas(ordem=reservas.OrdemDasReservas.CRIACAO))
    _listas(casa)
    for ordem in reservas.OrdemDasReservas:
        for pular in (0, 50):
            filtro = FiltroDeReservas(ordem=ordem, pular=pular, codcli=frozenset({20}), vence_em_minutos=0)
            reservas.listar(casa.gw, chefe, filtro)
    assert reservas.listar(casa.gw, chefe, FiltroDeReservas(pular=1)).itens


def _listas(casa: Casa) -> None:
    """The reservations of each state, as where there are many of them."""
    medidas = ("POUCAS", "JANELA", "TENTATIVA")
    antes = [getattr(lista_de_reservas, medida) for medida in medidas]
    raro, lista_de_operacoes.LINHAS_DE_UM_RARO = lista_de_operacoes.LINHAS_DE_UM_RARO, -1
    try:
        for medida in medidas:
            setattr(lista_de_reservas, medida, 1)
        with casa.gw.db.read() as connection:
            for ordem in reservas.OrdemDasReservas:
                # Of nine candidates most are something else.
                for estado, (janela, limite) in itertools.product(Estado, ((1, 1), (1, 9), (9, 9))):
                    lista_de_reservas.JANELA = janela
                    filtro = FiltroDaLista(None, {estado}, ordem=ordem, limite=limite)
                    lista_de_reservas.find_all(connection, filtro)
                lista_de_reservas.JANELA = 1
                lista_de_reservas.find_all(connection, FiltroDaLista(None, VIVOS, codprod=1, ordem=ordem))
        for ate in (None, casa.relogio.agora):
            resumo_do_log.resumir(casa.gw, FiltroDoLog(None, codprod=1, ate=ate))
    finally:
        lista_de_operacoes.LINHAS_DE_UM_RARO = raro
        for medida, valor in zip(medidas, antes, strict=True):
            setattr(lista_de_reservas, medida, valor)


def _retratos(casa: Casa) -> None:
    """What a large site is shown of the whole, and the movements of a product that everybody buys."""
    chefe = Caller("chefe", None, frozenset({"retaguarda"}))
    limites = (retrato.CONFERIDOS_NA_HORA, fluxo.CONTADOS_NA_HORA, lista_de_operacoes.LINHAS_DE_UM_RARO)
    try:
        retrato.count_pagas_sem_retencao(casa.gw, None)
        retrato.count_pagas_sem_retencao(casa.gw, DA_FILIAL.filiais)
        retrato.CONFERIDOS_NA_HORA = fluxo.CONTADOS_NA_HORA = 0
        lista_de_operacoes.LINHAS_DE_UM_RARO = -1
        retrato.guardar(casa.gw)
        fluxo.guardar(casa.gw)
        for caller in (DA_FILIAL, chefe):
            retrato.ver(casa.gw, caller.filiais)
            fluxo.medir(casa.gw, caller)
        for cursor in (None, "f" * 32):
            movimentos.listar(casa.gw, "1", 1, cursor=cursor)
        with casa.gw.db.read() as connection:
            consulta_de_movimentos.remanejamentos(connection, 1)
    finally:
        retrato.CONFERIDOS_NA_HORA, fluxo.CONTADOS_NA_HORA, lista_de_operacoes.LINHAS_DE_UM_RARO = limites


def _dinheiro(casa: Casa) -> None:
    """Money and time, as a large site has them counted, and another term."""
    contadas, apurar.CONTADAS_NA_HORA = apurar.CONTADAS_NA_HORA, 0
    try:
        apurar.guardar(casa.gw)
        for caller in (DA_FILIAL, Caller("chefe", None, frozenset({"retaguarda"}))):
            dinheiro.apurado(casa.gw, caller)
    finally:
        apurar.CONTADAS_NA_HORA = contadas
    list(apurar.contar(casa.gw, None))
    for filiais in (None, {"1"}):
        simular_prazo.simular(casa.gw, por_dias(0), filiais)


def _linha_alheia(casa: Casa) -> None:
    """A row of PCLOGPEDIDOAPI that another service wrote."""
    hora = casa.gw.hora_do_erp(casa.relogio.agora)
    linha: dict[str, Any] = {"d": hora, "n": 8000002, "j": "{}"}
    casa.executar(
        "INSERT INTO PCLOGPEDIDOAPI (DATA, NUMPED, OPERACAO, STATUS, JSON) VALUES (:d, :n, 'I', 'A', :j)", **linha
    )


def _tempo(casa: Casa) -> None:
    """What time does: expiry, late payment, recovery, retention."""
    casa.relogio.andar(days=40)
    casa._tokens.clear()
    expirar.expirar(casa.gw)
    vencida = next(row for row in casa.tabela("GW_RESERVA") if row["ESTADO"] == "EXPIRADA")
    tardia = pre_venda(situacaoPreVenda=1, numero=vencida["NUMERO"], idRetaguarda=vencida["NUMPED"])
    del tardia["preVendaItens"]
    casa.enviar({**tardia, "pagamentos": PAGAMENTO})
    cair(casa, pre_venda(numero="PV-CAIU"))
    casa.relogio.andar(seconds=20)
    recuperacao.recuperar(casa.gw)
    _adocao(casa)
    casa.relogio.andar(days=100)
    anonimizar.anonimizar(casa.gw)
    casa.relogio.andar(days=500)
    recuperacao.limpar(casa.gw, simular=True)
    recuperacao.limpar(casa.gw)


def _adocao(casa: Casa) -> None:
    """An order of before the switch; the rounds of ``serve``, before and after WinThor has ended it."""
    casa.executar(
        "INSERT INTO PCPEDC (NUMPED, DATA, CODCLI, CODUSUR, CODFILIAL, POSICAO, ORIGEMINTEGRACAO, NUMPEDHUBE) "
        "SELECT 8123456, MAX(DATA), 1, 1, '1', 'L', 'PDVSYNC', 'ANTES' FROM PCPEDC"
    )
    adotar.adotar(casa.gw, simular=True, conta_conhecidas=True)
    for faixa in adotar._numeros(casa.gw, adotar.PRIMEIRO_DIA):  # where no index begins with DATA
        assert len(list(adotar._sem_reserva(casa.gw, faixa))) == 1
    for plantao in (Plantao(casa.gw, lambda: False), Plantao(casa.gw, lambda: False)):
        assert plantao.rodada()
        plantao.soltar()
        casa.executar("UPDATE PCPEDC SET POSICAO = 'C' WHERE NUMPED = 8123456")


def _conciliacao(casa: Casa) -> None:
    """Differences of each kind that can be mended, and one that cannot."""
    casa._tokens.clear()
    faturada, cancelada = (casa.reservar(pre_venda(item("300-3", 1), numero=f"PV-{n}")) for n in (20, 21))
    casa.executar(f"UPDATE PCPEDC SET POSICAO = 'F', NUMTRANSVENDA = 1 WHERE NUMPED = {faturada}")  # noqa: S608
    casa.executar(f"UPDATE GW_RESERVA SET ESTADO = 'CANCELADA' WHERE NUMPED = {cancelada}")  # noqa: S608
    casa.executar("UPDATE PCEST SET QTRESERV = 7 WHERE CODPROD = 4 AND CODFILIAL = '1'")
    conciliar.conciliar(casa.gw)
    correcoes.corrigir(casa.gw, DA_FILIAL, ids=None, motivo="x", simular=False)
    encerrar.assentar(casa.gw)
    conciliar.registrar_conciliacao(casa.gw)


def _comparacao(casa: Casa) -> None:
    """Orders of the service of before beside ours; one is known only to the hub, whose table there is none of."""
    totvs = Totvs(casa, agora=casa.gw.hora_do_erp(casa.gw.agora()))
    totvs.reservar(totvs.corpo())
    totvs.reservar(totvs.corpo(), json_do_log="{}")
    comparador = comparar.preparar(casa.gw, lambda corpo: parse_do_log(corpo, caller="comparar"), {})
    comparador.comparar_dia(Soma(), totvs.agora.date(), None, 1_000_000)


def _porta(casa: Casa) -> None:
    """Sessions ended, refusals counted twice and asked for by all and by some, readiness on a database in order."""
    agora = casa.relogio.agora
    porteiro, contador = casa.app.extensions["porteiro"], casa.app.extensions["recusas"]
    for _ in range(2):
        porteiro.encerrar("sessao", agora, agora)
        contador.contar(None, "NAO_AUTENTICADO")
        contador.gravar()
    for filiais in (None, frozenset({"1"})):
        recusas_sem_registro.listar(casa.gw, Caller("x", filiais, frozenset()), None, None)
    assert saude.Prontidoes(casa.gw)._perguntar().pronto  # in this thread, where it is seen
    with casa.gw.db.transaction() as connection:
        sessoes_totvs.insert(connection, "resumo", SessaoLida("hub", utc(agora)))
        sessoes_totvs.find(connection, "resumo")
        sessoes_totvs.limpar(connection, utc(agora))
    assert aptidao._faltas_de(casa.gw.db, "PCEST", ["QTESTGER"]) == []
    casa.enviar(pre_venda(numero="PV-CHAVE"), headers={"Idempotency-Key": "uma-chave"})
    com_cota = casa.com(max_reservas_abertas=1000, max_unidades_abertas=100_000)
    com_cota.enviar(pre_venda(numero="PV-COTA"))
    com_cota.close()


def _instalacao(casa: Casa) -> None:
    """What an installation does: start, tables, logins and keys, the doctor."""
    casa.com().close()
    casa.executar("UPDATE GW_CONFIG SET VALOR = '0' WHERE CHAVE = 'VERSAO'")
    schema.install_gateway(casa.gw.db.engine, pasta("sql") / "gateway")  # what is there already is passed over
    casa.app.test_client().get("/metrics")
    catalogo.legivel(casa.gw.db, "PCEST")
    assert separacao.colunas_que_faltam(casa.gw.db, catalogo.Catalogo()) == []
    casa.gw.db.reachable()
    credenciais.criar_login(casa.gw.db, "novo", "senha-longa", "1", "pdv", casa.relogio.agora)
    chave = credenciais.criar_chave(casa.gw.db, "novo", "1", "pdv", casa.relogio.agora)
    casa.app.test_client().get("/api/v1/estoque/1/1", headers={"Authorization": f"Bearer {chave}"})
    credenciais.trocar_senha(casa.gw.db, "novo", "outra senha")
    _porta(casa)
    with casa.gw.db.transaction() as connection:
        linhas_de_credenciais.find_all(connection)
        linhas_de_credenciais.revogar(connection, "novo")
    for fonte in ("PCUSUARI.PROXNUMPED", "PCCONSUM.PROXNUMPED"):
        outra = casa.com(numeracao=fonte, cgcent_normalizado=fonte.startswith("PCCONSUM"))
        doutor.examinar(outra.gw, doutor.todas_as_filiais(outra.gw)[:1])
        ensaio.ensaiar(outra.gw, requisicao_de_ensaio, "1", "100-1")
        outra.close()
