-- What has changed since an instant: asked by every list of available stock.

CREATE INDEX GW_RESERVA_ALTERACAO_IX ON GW_RESERVA (DTALTERACAO);
