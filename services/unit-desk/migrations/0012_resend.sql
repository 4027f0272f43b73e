-- A message to a citizen that did not arrive, or perhaps, is listed for operators, who ask for it to be sent again.
-- depends: 0011_personal_notices
ALTER TABLE arrivals ADD COLUMN again_at timestamptz;  -- when somebody asked last
CREATE INDEX arrivals_missing ON arrivals (at) WHERE state IN ('not_delivered', 'perhaps_sent');
