-- Sessions of the panel that were ended before their time; what a caller does one at a time (an Idempotency-Key, the
-- count of its quota); and what was refused before it became a row of the log, counted by hour, login and code.

CREATE TABLE GW_SESSAO (
  RESUMO VARCHAR2(64) NOT NULL,
  DTFIM TIMESTAMP(6) NOT NULL,
  CONSTRAINT GW_SESSAO_PK PRIMARY KEY (RESUMO)
);

CREATE TABLE GW_VEZ (
  CALLER VARCHAR2(60) NOT NULL,
  CHAVE VARCHAR2(64) NOT NULL,
  DTUSO TIMESTAMP(6) NOT NULL,
  CONSTRAINT GW_VEZ_PK PRIMARY KEY (CALLER, CHAVE)
);

CREATE TABLE GW_RECUSA (
  HORA TIMESTAMP(6) NOT NULL,
  CALLER VARCHAR2(60) NOT NULL,
  CODIGO VARCHAR2(40) NOT NULL,
  VEZES NUMBER(12) NOT NULL,
  CONSTRAINT GW_RECUSA_PK PRIMARY KEY (HORA, CALLER, CODIGO)
);
