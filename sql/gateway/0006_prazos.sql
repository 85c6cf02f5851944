-- What a chain of alterations asked for: the length of its lockTTL in seconds, the day of its payment deadline in the
-- branch's zone, and when its first reservation was made (UTC). NULL: nothing asked; DTCADEIA NULL: its own DTCRIACAO.

ALTER TABLE GW_RESERVA ADD LOCKTTL_S NUMBER(10);

ALTER TABLE GW_RESERVA ADD DTPAGAMENTO TIMESTAMP(6);

ALTER TABLE GW_RESERVA ADD DTCADEIA TIMESTAMP(6);
