"""The TOTVS service that this gateway stands beside: what is passed on to it, and how (R26)."""

from app.totvs.cliente import ClienteTotvs, RespostaTotvs, TotvsIndisponivel, vagas

__all__ = ["ClienteTotvs", "RespostaTotvs", "TotvsIndisponivel", "vagas"]
