"""Record anew the answers that the document shows: ``python -m tests.contract.gravar``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import simplejson

from app.api.documento.documento import GRAVADAS
from app.settings import Settings
from app.winthor.db.engine import create_engine
from tests.conftest import NOW, _fill_demo
from tests.contract import demonstrada
from tests.support.gateway import Casa, Relogio


def em_uma_demo(o_que: Callable[[Casa], Any]) -> Any:
    """What is answered on a new demo of its own."""
    with tempfile.TemporaryDirectory() as pasta:
        url = f"sqlite:///{Path(pasta) / 'demo.db'}"
        _fill_demo(url)
        engine = create_engine(url)
        casa = Casa(engine, Settings(database_url=url, cache_segundos=0), Relogio(NOW))
        try:
            return o_que(demonstrada.nova(casa))
        finally:
            casa.close()
            engine.dispose()


def como_texto(gravadas: Any) -> str:
    return simplejson.dumps(gravadas, ensure_ascii=False, use_decimal=True, indent=1) + "\n"


if __name__ == "__main__":
    novas = {"respostas": em_uma_demo(demonstrada.respostas), "erros": em_uma_demo(demonstrada.erros)}
    GRAVADAS.write_text(como_texto(novas), "utf-8")
