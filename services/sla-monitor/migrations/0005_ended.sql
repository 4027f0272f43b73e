-- Since when a clock has not changed: one that no timer moves any more is deleted when its complaint is.
ALTER TABLE clocks ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX clocks_ended ON clocks (changed_at) WHERE next_due_at IS NULL;
