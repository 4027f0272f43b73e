CREATE TABLE clocks (                     -- one row per complaint
    complaint_id text        PRIMARY KEY,
    next_due_at  timestamptz,             -- when a timer of it rings next; NULL: only an update changes anything
    body         jsonb       NOT NULL
);
CREATE INDEX clocks_due ON clocks (next_due_at) WHERE next_due_at IS NOT NULL;
