-- What the citizen was shown to read when it was sent: later it can't be told from how the complaint stands.
ALTER TABLE replies ADD COLUMN shown text;
-- The day on which a unit that asks for more time expects to be done.
ALTER TABLE replies ADD COLUMN until date;
CREATE INDEX replies_until ON replies (unit, complaint_id) WHERE until IS NOT NULL AND accepted;
-- Who sorts or is above replies to what its own unit may never have been told of.
CREATE INDEX replies_id ON replies (complaint_id);

-- What somebody wrote for the unit's head to agree to: it is no reply, and nobody reads it outside the desk, until then.
CREATE TABLE drafts (
    id           uuid        PRIMARY KEY,       -- of the reply that it becomes
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    person       uuid        NOT NULL REFERENCES people,
    at           timestamptz NOT NULL DEFAULT now(),
    seen         int         NOT NULL,          -- the step that its writer knew
    said         bytea       NOT NULL,          -- contracts.events.UnitReplied
    decided_by   uuid        REFERENCES people,
    decided_at   timestamptz,
    agreed       boolean,                       -- null: waits
    note         text                           -- what is to be done better
);
CREATE UNIQUE INDEX drafts_waiting ON drafts (unit, complaint_id) WHERE agreed IS NULL;
CREATE INDEX drafts_complaint ON drafts (complaint_id, unit, at);
