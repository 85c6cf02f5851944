"""`prevenda doctor`: what of a site's WinThor the gateway depends on, and whether it is there."""

from __future__ import annotations

from app.services.doutor import banco, dados, tabelas
from app.services.doutor.achado import AVISO, ERRO, OK, Achado, ate_falhar
from app.services.gateway import Gateway
from app.winthor.db.faults import Falha
from app.winthor.esquema import catalogo

__all__ = ["AVISO", "ERRO", "OK", "Achado", "examinar"]


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
        *ate_falhar("conjunto de caracteres", banco.conjunto_de_caracteres(gw, site)),
        *ate_falhar("concessões", banco.concessoes(gw)),
        *ate_falhar("gatilhos", banco.gatilhos(gw, site)),
        *ate_falhar("relógio", banco.relogio(gw)),
        *ate_falhar("índices de PCPEDC", dados.indices_de_pedidos(gw)),
        *ate_falhar("índices do estoque", dados.indices_do_estoque(gw)),
        *ate_falhar("carimbos de separação", dados.separacao_do_site(gw, site)),
        *ate_falhar("retenção de estoque", dados.retencao(gw)),
        *ate_falhar("parâmetros", dados.parametros_das_filiais(gw, filiais)),
        *ate_falhar("CGCENT", dados.documentos(gw)),
        *ate_falhar("consumidor final", dados.consumidor(gw, filiais)),
        *ate_falhar("contadores", dados.contadores(gw)),
        *dados.operacao(gw),
        *ate_falhar("contadores do estoque", dados.contadores_negativos(gw, filiais)),
        *ate_falhar("conciliação", dados.amostra_do_estoque(gw, filiais)),
    ]
