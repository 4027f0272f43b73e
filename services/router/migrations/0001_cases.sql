CREATE TABLE cases (                      -- one row per complaint: its status, and all its units need
    ticket         text        PRIMARY KEY,
    complaint_id   text        NOT NULL,
    status         text        NOT NULL,
    unit           text,
    parent         text,                  -- the complaint it was merged into
    unrouted_since timestamptz,           -- registered and not yet with anybody: the triage timer runs
    body           jsonb       NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cases_parent ON cases (parent) WHERE parent IS NOT NULL;
CREATE INDEX cases_unrouted ON cases (unrouted_since) WHERE unrouted_since IS NOT NULL;
