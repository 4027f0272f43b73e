ALTER TABLE complaints ADD COLUMN erased_at timestamptz;       -- since when it says nothing of anybody
ALTER TABLE complaints ADD COLUMN ended_as text;              -- its last status, and since when: how long it is kept
ALTER TABLE complaints ADD COLUMN ended_at timestamptz;
CREATE INDEX complaints_ended ON complaints (ended_as, ended_at) WHERE ended_as IS NOT NULL AND erased_at IS NULL;
CREATE TABLE farewells (                 -- to whom it is still to be told that a complaint is erased
    ticket  text        PRIMARY KEY,
    address text        NOT NULL,
    thread  text,
    at      timestamptz NOT NULL DEFAULT now()
);
