"""`prevenda doctor`: what of a site's WinThor the gateway depends on, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator

from app.services.doutor import banco, dados, tabelas
from app.services.doutor.achado import AVISO, ERRO, OK, Achado, ate_falhar
from app.services.gateway import Gateway
from app.settings import parece_exemplo
from app.winthor.consultas import exame
from app.winthor.db.faults import Falha
from app.winthor.esquema import catalogo

__all__ = ["AVISO", "ERRO", "OK", "Achado", "examinar", "todas_as_filiais"]


def todas_as_filiais(gw: Gateway) -> list[str]:
    """The codes of all branches; none where they cannot be read. Raises nothing of the database's."""
    try:
        with gw.db.read() as connection:
            return exame.filiais(connection)
    except Falha:
        return []


def examinar(gw: Gateway, filiais: list[str]) -> list[Achado]:
    """Examine the database and the parameters of ``filiais``; reads only."""
    try:
        with gw.db.read():
            pass
    except Falha as falha:
        return [Achado("banco", ERRO, f"não responde ({falha.codigo})")]
    site = catalogo.ler_se_puder(gw.db)
    return [
        Achado("banco", OK, f"responde ({gw.db.engine.dialect.name})"),
        *tabelas.conferir(gw, site),
        *_filiais(filiais),
        *_chave(gw),
        *ate_falhar("conjunto de caracteres", banco.conjunto_de_caracteres(gw, site)),
        *ate_falhar("concessões", banco.concessoes(gw)),
        *ate_falhar("parâmetros da instância", banco.parametros_da_instancia(gw)),
        *ate_falhar("gatilhos", banco.gatilhos(gw, site)),
        *ate_falhar("relógio", banco.relogio(gw)),
        *ate_falhar("índices de PCPEDC", dados.indices_de_pedidos(gw)),
        *ate_falhar("índices do estoque", dados.indices_do_estoque(gw)),
        *ate_falhar("soma dos pedidos vivos", dados.tempo_da_soma(gw)),
        *ate_falhar("carimbos de separação", dados.separacao_do_site(gw, site)),
        *ate_falhar("retenção de estoque", dados.retencao(gw)),
        *ate_falhar("pedido pago", dados.venda_futura(gw)),
        *ate_falhar("parâmetros", dados.parametros_das_filiais(gw, filiais)),
        *ate_falhar("filiais das configurações", dados.filiais_das_configuracoes(gw)),
        *ate_falhar("CGCENT", dados.documentos(gw)),
        *ate_falhar("consumidor final", dados.consumidor(gw, filiais)),
        *ate_falhar("contadores", dados.contadores(gw)),
        *dados.operacao(gw),
        *ate_falhar("contadores do estoque", dados.contadores_negativos(gw, filiais)),
        *ate_falhar("conciliação", dados.amostra_do_estoque(gw, filiais)),
    ]


def _filiais(filiais: list[str]) -> Iterator[Achado]:
    if not filiais:
        yield Achado("filiais", ERRO, "nenhuma em PCFILIAL, ou a tabela não pode ser lida; indique com --filial")


def _chave(gw: Gateway) -> Iterator[Achado]:
    """Only ``serve`` needs the signing key, so that its absence is no error here."""
    chave = gw.settings.jwt_chave
    if not chave and not gw.demo:
        yield Achado("PREVENDA_JWT_CHAVE", AVISO, "não está definida: prevenda serve não inicia sem ela")
    elif chave and not gw.demo and parece_exemplo(chave):
        yield Achado("PREVENDA_JWT_CHAVE", ERRO, "parece um exemplo: prevenda serve não inicia com ela")
