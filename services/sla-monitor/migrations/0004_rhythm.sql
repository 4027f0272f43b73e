-- The last first word about a complaint: by whom, when, and after how much working time. A unit's rhythm is read from it.
ALTER TABLE clocks ADD COLUMN word_unit text;
ALTER TABLE clocks ADD COLUMN word_at timestamptz;
ALTER TABLE clocks ADD COLUMN word_after_s double precision;
CREATE INDEX clocks_words ON clocks (word_unit, word_at) WHERE word_unit IS NOT NULL;

-- at_risk: warned of; overdue: missed and not made up for.
ALTER TABLE clocks ADD COLUMN risk text;
CREATE INDEX clocks_risk ON clocks (risk, waiting_unit) WHERE risk IS NOT NULL;
