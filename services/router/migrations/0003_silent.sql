ALTER TABLE cases ADD COLUMN silent boolean NOT NULL DEFAULT false;  -- kept long enough: it says nothing of anybody
CREATE INDEX cases_ended ON cases (status, updated_at)
    WHERE status IN ('closed', 'handed_over', 'rejected', 'cancelled') AND NOT silent;

ALTER TABLE cases ADD COLUMN erased_at timestamptz;    -- when it was erased, until the order was repeated
CREATE INDEX cases_erased ON cases (erased_at) WHERE erased_at IS NOT NULL;
