-- The products that a refused request named, so that the log finds the refusal by them: what was refused has no order.

CREATE TABLE GW_RECUSA_PRODUTO (
  ID VARCHAR2(32) NOT NULL,
  CODPROD NUMBER(6) NOT NULL,
  CONSTRAINT GW_RECUSA_PRODUTO_PK PRIMARY KEY (ID, CODPROD)
);

CREATE INDEX GW_RECUSA_PRODUTO_IX ON GW_RECUSA_PRODUTO (CODPROD, ID);
