"""CEP checks by ViaCEP and ByJG; the only package that imports ``requests``.

A check never takes longer than its budget and never raises for what a service does. It must not be made while a
database transaction is open.
"""

from app.cep.byjg import ByJg
from app.cep.disjuntor import LimitesDisjuntor
from app.cep.memoria import LimitesMemoria
from app.cep.servico import EstadoServico, FalhaServico, ServicoCep, Verificador
from app.cep.transporte import ClienteHttp
from app.cep.verificador import VerificadorCep
from app.cep.viacep import ViaCep

__all__ = [
    "ByJg",
    "ClienteHttp",
    "EstadoServico",
    "FalhaServico",
    "LimitesDisjuntor",
    "LimitesMemoria",
    "ServicoCep",
    "Verificador",
    "VerificadorCep",
    "ViaCep",
]
