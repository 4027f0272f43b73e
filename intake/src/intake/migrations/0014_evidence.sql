CREATE TABLE uploads (                     -- what a citizen attaches, from its first byte on
    id           text        PRIMARY KEY,  -- 128 random bits: who has them may go on with it
    name         text        NOT NULL UNIQUE, -- what links call it; opens nothing by itself
    folder       text        NOT NULL,     -- where its files are in the store
    length       bigint      NOT NULL,     -- bytes that it will have, or at most
    received     bigint      NOT NULL DEFAULT 0,
    parts        text[]      NOT NULL DEFAULT '{}', -- files that hold what came so far, in order
    state        text        NOT NULL DEFAULT 'coming' CHECK (state IN ('coming', 'ready', 'refused')),
    refused      text,                     -- why, as texts.yaml calls it
    media_type   text,                     -- from here on of what was made of it
    sha256       text,
    bytes        bigint,
    complaint_id text        REFERENCES complaints,
    attached_at  timestamptz,
    position     int,                      -- among those attached at once
    expires_at   timestamptz NOT NULL      -- unless it is attached by then
);
CREATE INDEX uploads_complaint ON uploads (complaint_id) WHERE complaint_id IS NOT NULL;
CREATE INDEX uploads_expiring ON uploads (expires_at) WHERE complaint_id IS NULL;

CREATE TABLE discarded_files (             -- folders of the store that are still to be deleted
    folder text        PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE evidence_openings (           -- which unit opened what, and when
    ticket text        NOT NULL,
    name   text        NOT NULL,
    unit   text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX evidence_openings_ticket ON evidence_openings (ticket, at);
CREATE INDEX evidence_openings_at ON evidence_openings (at);
