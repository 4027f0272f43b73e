ALTER TABLE complaints ADD COLUMN erased_at timestamptz;       -- since when it says nothing of anybody
CREATE TABLE farewells (                 -- to whom it is still to be told that a complaint is erased
    ticket  text        PRIMARY KEY,
    address text        NOT NULL,
    thread  text,
    at      timestamptz NOT NULL DEFAULT now()
);
