CREATE TABLE media (                       -- photos of messages, which the network keeps until we have fetched them
    id           text        PRIMARY KEY,  -- random; as this it is added to its complaint
    mark         bytea       NOT NULL UNIQUE, -- keyed hash of message and photo: the same again is no second one
    channel      text        NOT NULL,
    address      text,                     -- who sent it without a word, until they say what it is about
    complaint_id text        REFERENCES complaints,
    reference    text        NOT NULL,     -- where the network has it; empty once it is ours, or never will be
    said_at      timestamptz NOT NULL,
    kept_at      timestamptz NOT NULL DEFAULT now(),
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'fetched', 'done', 'failed')),
    upload_id    text,
    failed       text,                     -- why we do not have it
    tries        int         NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX media_due ON media (next_try_at) WHERE state = 'waiting';
CREATE INDEX media_to_show ON media (next_try_at) WHERE state = 'fetched' AND complaint_id IS NOT NULL;
CREATE INDEX media_complaint ON media (complaint_id) WHERE complaint_id IS NOT NULL;
CREATE INDEX media_unclaimed ON media (channel, address) WHERE complaint_id IS NULL;
CREATE INDEX media_unspoken ON media (kept_at) WHERE complaint_id IS NULL;
CREATE INDEX media_kept ON media (kept_at);
