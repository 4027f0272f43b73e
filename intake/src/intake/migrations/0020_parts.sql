-- What the parts of a long SMS have in common: the hash that stood in long_sms. There a part's id is hashed with it now, so
-- that a telephone may use a reference again. NULL: of a release before.
ALTER TABLE sms_parts ADD COLUMN reference bytea;
CREATE INDEX sms_parts_together ON sms_parts (coalesce(reference, long_sms)) WHERE taken_at IS NULL;
