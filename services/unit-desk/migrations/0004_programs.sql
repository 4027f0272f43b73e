-- What each unit was told, for its own programs: the bytes that its topic has, in their order.
CREATE TABLE log (
    unit         text        NOT NULL,
    n            bigint      NOT NULL,          -- of the unit, without a gap: who has read n has read all before it
    event_id     text        NOT NULL,
    complaint_id text        NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    value        bytea,                         -- null: what it said is erased, and copies are to be deleted
    PRIMARY KEY (unit, n)
);
CREATE UNIQUE INDEX log_event ON log (unit, event_id);
CREATE INDEX log_complaint ON log (unit, complaint_id) WHERE value IS NOT NULL;
CREATE INDEX log_age ON log (at);
-- How far the log of a unit has come. Its row is locked while something is added: what has a higher number commits later.
CREATE TABLE log_heads (
    unit text   PRIMARY KEY,
    n    bigint NOT NULL
);

-- Keys of the programs of units.
CREATE TABLE keys (
    id         text        PRIMARY KEY,         -- what people call it by; nothing is opened with it
    unit       text        NOT NULL,
    system     text        NOT NULL,            -- the program
    contact    text        NOT NULL,            -- who answers for it
    rights     text[]      NOT NULL,            -- read, reply
    key_hash   bytea       NOT NULL UNIQUE,     -- SHA-256 of 256 random bits: nobody can try out what it was
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid        REFERENCES people,   -- null: by the command line
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    used_at    timestamptz                      -- to the minute
);
CREATE INDEX keys_unit ON keys (unit);

-- A program of the unit replies too.
ALTER TABLE replies ALTER person DROP NOT NULL;
ALTER TABLE replies ADD key text REFERENCES keys;
ALTER TABLE replies ADD CONSTRAINT replies_by CHECK (num_nonnulls(person, key) = 1);

-- What was known when the log began: the last word on each complaint that is not over, as if it came now.
INSERT INTO log (unit, n, event_id, complaint_id, at, value)
SELECT c.unit, row_number() OVER (PARTITION BY c.unit ORDER BY c.told_at, c.complaint_id), e.event_id, c.complaint_id, now(),
    convert_to(
        '{"specversion":"1.0","id":' || to_json(e.event_id) || ',"source":"/router","type":"unit.routed.v1","subject":'
        || to_json(c.complaint_id) || ',"time":"' || to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","data":' || convert_from(c.told, 'UTF8') || '}', 'UTF8')
FROM complaints c CROSS JOIN LATERAL (
    SELECT event_id, at FROM events e WHERE e.unit = c.unit AND e.complaint_id = c.complaint_id ORDER BY n DESC LIMIT 1) AS e
WHERE NOT c.erased AND c.standing <> 'rest';
INSERT INTO log_heads (unit, n) SELECT unit, max(n) FROM log GROUP BY unit;

-- Where a program of a unit wants to hear that something came (https://www.standardwebhooks.com).
CREATE TABLE webhooks (
    id            uuid        PRIMARY KEY,
    unit          text        NOT NULL,
    url           text        NOT NULL,
    secret        int         NOT NULL DEFAULT 1, -- the number of the one that signs; each derives from DESK_KEY and is kept nowhere
    rotated_at    timestamptz,                    -- for a day after it the one before signs, too
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid        REFERENCES people,
    failing_since timestamptz,                    -- since then nothing was taken
    off_at        timestamptz,                    -- null: it is on
    off_why       text,                           -- failed: for five days; gone: its receiver said so
    removed_at    timestamptz
);
CREATE INDEX webhooks_unit ON webhooks (unit) WHERE removed_at IS NULL;
-- What is told to whom: an outbox, written with the log. Nobody's text is in it.
CREATE TABLE deliveries (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(), -- webhook-id: the same however often it is sent
    webhook      uuid        NOT NULL REFERENCES webhooks,
    kind         text        NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    ticket       text,
    complaint_id text,
    event_id     text,
    tries        int         NOT NULL DEFAULT 0,
    next_at      timestamptz,                     -- null: nothing more is tried
    last_at      timestamptz,
    delivered_at timestamptz,
    result       text                             -- a status of HTTP, or why there was none
);
CREATE INDEX deliveries_due ON deliveries (webhook, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_webhook ON deliveries (webhook, at DESC);
CREATE INDEX deliveries_age ON deliveries (at);
