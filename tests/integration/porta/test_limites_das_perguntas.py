"""What the back office asks has a bound and says where it ends (D11)."""

from __future__ import annotations

import sqlalchemy as sa

from app.services.consulta.log_externo import EXTERNAS_MAXIMAS
from app.services.consulta.reservas import DETENTORES_MAXIMOS
from app.winthor.esquema.tables import PCLOGPEDIDOAPI, PCPEDC, PCPEDI
from tests.integration.porta.conftest import Porta
from tests.support.builders import item, pre_venda
from tests.support.gateway import Casa


def copiar(casa: Casa, tabela: sa.Table, numped: int, novos: range, **outros: object) -> None:
    """The order's rows once more under each of the numbers."""
    with casa.engine.begin() as connection:
        rows = connection.execute(sa.select(tabela).where(tabela.c.NUMPED == numped)).mappings().all()
        connection.execute(sa.insert(tabela), [{**row, "NUMPED": novo, **outros} for row in rows for novo in novos])


def test_a_clerk_of_a_branch_misses_none_of_its_rows_for_those_of_others(porta: Porta) -> None:
    """The branch is asked for before the cut: many newer rows of another one push nothing out."""
    da_um = porta.reservar(pre_venda(numero="PV-1"), "hub")
    copiar(porta, PCPEDC, da_um, range(9_000_001, 9_000_001 + EXTERNAS_MAXIMAS + 50), CODFILIAL="2")
    agora = porta.relogio.agora.replace(tzinfo=None, microsecond=0)
    with porta.engine.begin() as connection:
        velhas = [{"DATA": agora.replace(hour=0), "NUMPED": da_um, "OPERACAO": "I", "STATUS": "A", "JSON": "{}"}] * 3
        novas = [
            {"DATA": agora.replace(hour=1), "NUMPED": 9_000_001 + n, "OPERACAO": "I", "STATUS": "A", "JSON": "{}"}
            for n in range(EXTERNAS_MAXIMAS + 50)
        ]
        connection.execute(sa.insert(PCLOGPEDIDOAPI), [*velhas, *novas])
    dia = f"?de={agora:%Y-%m-%d}T00:00:00&ate={agora:%Y-%m-%d}T23:59:59"

    def externas(login: str) -> tuple[set[int], bool]:
        corpo = porta.pedir("GET", f"/api/v1/log/externas{dia}", login).get_json()
        return {linha["numped"] for linha in corpo["itens"]}, corpo["truncada"]

    assert externas("leitura1") == ({da_um}, False)
    vistas, truncada = externas("chefe")
    assert (len(vistas), truncada) == (EXTERNAS_MAXIMAS, True)


def test_of_many_holders_some_are_named_and_all_are_counted(porta: Porta) -> None:
    numped = porta.reservar(pre_venda(item(quantidade=1), numero="PV-1"))
    novos = range(9_000_001, 9_000_001 + DETENTORES_MAXIMOS + 49)
    for tabela in (PCPEDC, PCPEDI):
        copiar(porta, tabela, numped, novos)
    corpo = porta.pedir("GET", "/api/v1/estoque/1/1", "pdv1").get_json()
    assert len(corpo["detentores"]) == DETENTORES_MAXIMOS
    assert corpo["detentoresOmitidos"] == 50
    assert corpo["explicado"] == DETENTORES_MAXIMOS + 50
