CREATE TABLE reporters (                  -- who citizens are: never leaves this database
    reporter_ref text        PRIMARY KEY, -- random; the only thing events carry
    channel      text        NOT NULL,
    address      text,                    -- phone number in E.164, handle; NULL for anonymous
    name         text,
    phone        text,
    email        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel, address)
);

CREATE TABLE complaints (                 -- what citizens told this intake, as they wrote it
    complaint_id   text        PRIMARY KEY,
    ticket         text        NOT NULL UNIQUE,
    channel        text        NOT NULL,
    gateway        text        NOT NULL,
    external_id    text        NOT NULL,
    reporter_ref   text        NOT NULL REFERENCES reporters,
    text           text        NOT NULL,
    fingerprint    bytea       NOT NULL,  -- of the whole request: the same key with another body is refused
    secret_hash    bytea,
    thread         text,                  -- where an answer goes: the post, for social channels
    follow_ups     jsonb       NOT NULL DEFAULT '[]',
    received_event bytea       NOT NULL,  -- what was published, for the repair sweep
    received_at    timestamptz NOT NULL,
    registered_at  timestamptz,           -- seen in the router's story
    republished_at timestamptz,
    UNIQUE (channel, gateway, external_id)
);
CREATE INDEX complaints_unregistered ON complaints (received_at) WHERE registered_at IS NULL;
CREATE INDEX complaints_thread ON complaints (thread) WHERE thread IS NOT NULL;

CREATE TABLE stories (                    -- projection of every complaint of every channel
    ticket text  PRIMARY KEY,
    body   jsonb NOT NULL
);

CREATE TABLE notices (                    -- what citizens are told, once each
    id          bigserial   PRIMARY KEY,
    ticket      text        NOT NULL,
    reason      text        NOT NULL,     -- receipt, seq-3, …: with the ticket, why it is sent only once
    address     text        NOT NULL,
    thread      text,
    text        text        NOT NULL,
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'refused', 'unknown')),
    attempts    int         NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    detail      text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    UNIQUE (ticket, reason)
);
CREATE INDEX notices_pending ON notices (id) WHERE state = 'pending';
