CREATE TABLE fingerprints (               -- by what a complaint is found when another may be the same
    key         bigint      NOT NULL,     -- hash of a band of its text's MinHash, or of what it is about and where
    received_at timestamptz NOT NULL,
    ticket      text        NOT NULL,
    PRIMARY KEY (key, received_at, ticket)
);
CREATE INDEX fingerprints_age ON fingerprints USING brin (received_at);
ALTER TABLE cases ADD COLUMN uncompared boolean NOT NULL DEFAULT true;  -- the sweep has not looked at it yet
CREATE INDEX cases_uncompared ON cases (ticket) WHERE uncompared;
