ALTER TABLE cases ADD COLUMN held_since timestamptz;   -- since when something that its clock said is told to nobody
CREATE INDEX cases_held ON cases (held_since) WHERE held_since IS NOT NULL;
