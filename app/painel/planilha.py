"""A list as a spreadsheet: xlsx, or CSV as Brazilian programs read it.

In xlsx a date is a date, a number a number, and text stays text, whatever it looks like (``000123``, ``1E5``,
``=1+1``). The CSV has semicolons, a decimal comma, local times in words that Excel takes for dates, and a mark of its
encoding. The few parts that an xlsx file of one sheet needs are written here: no library is installed for them.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from flask import Response

from app.domain.dinheiro import texto as numero_em_texto

LINHAS_MAXIMAS = 10_000
_DIA_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day 0 has no zone
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
# What XML 1.0 has no character for; one of them, and no program opens the file.
_FORA_DO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Of a cell's text, in characters, as Excel counts them.
_CELULA_MAXIMA = 32_767
_FORA_DO_NOME = re.compile("[^A-Za-z0-9._-]+")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Planilha:
    """``nome``: of the file, its period with it; a cell is text, a number, a naive local time, a day, or None."""

    nome: str
    colunas: Sequence[str]
    linhas: Iterable[Sequence[Any]]

    def resposta(self, formato: str) -> Response:
        """The file as a download."""
        if formato == "csv":
            corpo: bytes = _csv(self).encode("utf-8")
            tipo = "text/csv; charset=utf-8"
        else:
            formato, corpo, tipo = "xlsx", _xlsx(self), _XLSX
        response = Response(corpo, content_type=tipo)
        nome = _FORA_DO_NOME.sub("-", self.nome)  # some of it stood in an address: a header takes less than that
        response.headers["Content-Disposition"] = f'attachment; filename="{nome}.{formato}"'
        return response


def _csv(planilha: Planilha) -> str:
    folha = io.StringIO()
    escritor = csv.writer(folha, delimiter=";", lineterminator="\r\n")
    escritor.writerow(planilha.colunas)
    for linha in planilha.linhas:
        escritor.writerow([_celula_csv(valor) for valor in linha])
    return "\ufeff" + folha.getvalue()


def _celula_csv(valor: Any) -> str:
    if valor is None:
        return ""
    if isinstance(valor, dt.datetime):
        return valor.strftime("%d/%m/%Y %H:%M:%S")
    if isinstance(valor, dt.date):
        return valor.strftime("%d/%m/%Y")
    if isinstance(valor, Decimal):
        return numero_em_texto(valor)
    escrito = str(valor)
    # A spreadsheet takes a cell that begins like this for a formula.
    return f"'{escrito}" if isinstance(valor, str) and escrito.startswith(_FORMULAS) else escrito


_CABECA = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACOTE = "http://schemas.openxmlformats.org/package/2006"
_ESCRITORIO = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Styles of a cell, by their place in cellXfs: text, head, moment, day, number, R$. Of a number the program shows what
# there is: a format with places that may be empty leaves "5," in Excel.
_TEXTO, _TITULO, _MOMENTO, _DIA, _NUMERO, _DINHEIRO = range(6)
# The columns in R$.
_EM_REAIS = frozenset({"Total", "Valor"})
_PARTES = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACOTE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_ESCRITORIO}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_ESCRITORIO}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_ESCRITORIO}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACOTE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Planilha" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACOTE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm:ss"/>'
        '<numFmt numFmtId="165" formatCode="dd/mm/yyyy"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="6"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def _xlsx(planilha: Planilha) -> bytes:
    larguras = "".join(
        f'<col min="{n}" max="{n}" width="{max(len(titulo) + 4, 18)}" customWidth="1"/>'
        for n, titulo in enumerate(planilha.colunas, 1)
    )
    linhas = [_linha(1, [_texto(1, n, titulo, _TITULO) for n, titulo in enumerate(planilha.colunas)])]
    numeros = [_DINHEIRO if titulo in _EM_REAIS else _NUMERO for titulo in planilha.colunas]
    linhas += [
        _linha(r, [_celula(r, n, valor, numeros[n]) for n, valor in enumerate(linha)])
        for r, linha in enumerate(planilha.linhas, 2)
    ]
    folha = (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{larguras}</cols><sheetData>{''.join(linhas)}</sheetData></worksheet>"
    )
    arquivo = io.BytesIO()
    with zipfile.ZipFile(arquivo, "w", zipfile.ZIP_DEFLATED) as pacote:
        for nome, parte in {**_PARTES, "xl/worksheets/sheet1.xml": folha}.items():
            pacote.writestr(nome, _CABECA + parte)
    return arquivo.getvalue()


def _linha(r: int, celulas: Sequence[str]) -> str:
    return f'<row r="{r}">{"".join(celulas)}</row>'


def _celula(r: int, n: int, valor: Any, numero: int) -> str:
    if valor is None:
        return ""
    if isinstance(valor, dt.datetime):
        dias = Decimal((valor - _DIA_ZERO) // dt.timedelta(seconds=1)) / 86_400
        return _numero(r, n, f"{dias:.10f}", _MOMENTO)
    if isinstance(valor, dt.date):
        return _numero(r, n, str((valor - _DIA_ZERO.date()).days), _DIA)
    if isinstance(valor, (int, Decimal)):
        return _numero(r, n, numero_em_texto(Decimal(valor)).replace(",", "."), numero)
    return _texto(r, n, str(valor), _TEXTO)


def _numero(r: int, n: int, valor: str, estilo: int) -> str:
    return f'<c r="{_coluna(n)}{r}" s="{estilo}"><v>{valor}</v></c>'


def _texto(r: int, n: int, valor: str, estilo: int) -> str:
    limpo = _FORA_DO_XML.sub("", valor)[:_CELULA_MAXIMA]
    return f'<c r="{_coluna(n)}{r}" s="{estilo}" t="inlineStr"><is><t xml:space="preserve">{escape(limpo)}</t></is></c>'


def _coluna(n: int) -> str:
    return chr(ord("A") + n) if n < 26 else chr(ord("A") + n // 26 - 1) + chr(ord("A") + n % 26)
