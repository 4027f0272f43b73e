-- What was typed in at the counter for a citizen, until it is known that the intake has it; then, for a day, what its
-- receipt is printed of. Who typed it stands in the audit for good.
CREATE TABLE counter (
    key       uuid        PRIMARY KEY,          -- of the form: sent twice, it is one complaint
    person    uuid        NOT NULL REFERENCES people,
    unit      text        NOT NULL,
    way       text        NOT NULL,             -- by what it was brought
    digest    bytea       NOT NULL,             -- of what was typed: the same form with other words is another
    typed     bytea,                            -- null: the intake has it
    begun_at  timestamptz NOT NULL DEFAULT now(),
    held_up   text,                             -- why it was not taken yet
    wrong     bytea,                            -- what is to be mended first: nothing was taken
    ticket    text,
    code      text,                             -- the citizen's access code
    page      text,
    told_by   text[]      NOT NULL DEFAULT '{}',
    taken_at  timestamptz
);
CREATE INDEX counter_waiting ON counter (begun_at) WHERE ticket IS NULL;
CREATE INDEX counter_person ON counter (person, begun_at DESC);
CREATE INDEX counter_taken ON counter (taken_at) WHERE taken_at IS NOT NULL;
