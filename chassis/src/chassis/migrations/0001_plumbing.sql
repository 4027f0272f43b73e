-- Every service that owns a database has these three tables; its own come after them.

CREATE TABLE inbox (                      -- what has been handled: at least once becomes effectively once
    topic    text        NOT NULL,
    event_id text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, event_id)
);

CREATE TABLE consumed (                   -- how far each partition has been read, in the transaction of the effect
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE outbox (                     -- what is to be published, in this order
    seq           bigserial   PRIMARY KEY,
    topic         text        NOT NULL,
    key           bytea,
    value         bytea       NOT NULL,
    headers       json        NOT NULL,    -- jsonb refuses a NUL
    created_at    timestamptz NOT NULL DEFAULT now(),
    parked_reason text                    -- can never go; its key waits behind it until somebody decides
);
CREATE INDEX outbox_parked ON outbox (topic, key) WHERE parked_reason IS NOT NULL;
