"""Found by every Python process that has this folder on its PYTHONPATH: the fault of PROVA_PONTO is put in place."""

from tests.reliability.prova import pontos

pontos.instalar()
