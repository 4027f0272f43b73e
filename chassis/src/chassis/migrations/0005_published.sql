-- What a broker that loses its log has lost, services can publish again from here.
-- A row of an older release is not kept: that may be a dead letter, which an erasure would not find here.
ALTER TABLE outbox ADD COLUMN kept boolean NOT NULL DEFAULT false;

CREATE TABLE published (                  -- rows of the outbox that the broker has acknowledged, for some days
    seq     bigint      PRIMARY KEY,
    topic   text        NOT NULL,
    key     bytea,
    value   bytea,
    headers json        NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX published_key ON published USING hash (key);  -- of any length; by what an erasure looks for
