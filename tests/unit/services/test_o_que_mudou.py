"""What the back office is told that an operation changed."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.consulta.o_que_mudou import do_cadastro


@pytest.mark.parametrize("cadastro", ["***", None, [2], {"codcli": 1}, {"colunas": 1}, {"colunas": None}])
def test_a_member_of_another_shape_is_no_change_of_a_customer(cadastro: Any) -> None:
    assert do_cadastro(cadastro) == []


def test_a_column_without_what_it_held_is_told() -> None:
    (mudanca,) = do_cadastro({"codcli": 20, "login": "hub", "colunas": [1, {"coluna": "EMAIL", "depois": "n***@***"}]})
    assert mudanca.mudanca.endswith("EMAIL (vazio → n***@***).")
