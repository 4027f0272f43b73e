-- Photos of repairs. The files lie in the store (EVIDENCE_URL), each in a folder that has its name.
CREATE TABLE proofs (
    name         text        PRIMARY KEY,       -- what its address calls it: 26 random letters
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    person       uuid        NOT NULL REFERENCES people,
    at           timestamptz NOT NULL DEFAULT now(),
    reply_id     uuid,                          -- the reply that it was sent with; null: none yet
    sha256       text        NOT NULL,
    bytes        int         NOT NULL
);
CREATE INDEX proofs_complaint ON proofs (unit, complaint_id);
CREATE INDEX proofs_unsent ON proofs (at) WHERE reply_id IS NULL;

-- Folders that go when they are due: what was erased at once, what was to be kept and perhaps is not an hour later.
CREATE TABLE discarded_proofs (
    name text        PRIMARY KEY,
    due  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX discarded_proofs_due ON discarded_proofs (due);

-- What people look at again and again: a tab of theirs on the list.
CREATE TABLE filters (
    person uuid        NOT NULL REFERENCES people,
    name   text        NOT NULL,
    query  text        NOT NULL,                -- of the list's address
    at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person, name)
);
