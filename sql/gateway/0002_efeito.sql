-- What an accepted operation did (the name of a member of app.domain.vida.Efeito), told by a member instead of by the
-- words of its answer. NULL: refused, under way, or recorded before this script.

ALTER TABLE GW_OPERACAO ADD EFEITO VARCHAR2(20);
