-- What the sweep's job last found of a large site, branch by branch, for those who look and do not act: the
-- reconciliation and the flow of orders. CONTEUDO is JSON; CODFILIAL '*' is there in every picture.

CREATE TABLE GW_RETRATO (
  TIPO VARCHAR2(12) NOT NULL,
  CODFILIAL VARCHAR2(2) NOT NULL,
  DTRETRATO TIMESTAMP(6) NOT NULL,
  CONTEUDO CLOB,
  CONSTRAINT GW_RETRATO_PK PRIMARY KEY (TIPO, CODFILIAL)
);

-- What a payment or a cancellation changed QTRESERV by, as JSON: [[branch, product, units], ...]. NULL: nothing by a
-- payment; another operation; or recorded before this script.
ALTER TABLE GW_OPERACAO ADD VARIACOES CLOB;
