-- What units were told: the last word on each complaint, as it came, and beside it what lists are made of.
CREATE TABLE complaints (
    unit         text        NOT NULL,          -- who was told
    complaint_id text        NOT NULL,
    ticket       text        NOT NULL,
    seq          int         NOT NULL,
    told_at      timestamptz NOT NULL,          -- when the last word came
    received_at  timestamptz NOT NULL,
    lead         text        NOT NULL,          -- who has it
    role         text        NOT NULL,
    lane         text        NOT NULL,
    status       text        NOT NULL,
    why          text        NOT NULL,          -- for what the last word came that was no answer to a reply
    due          timestamptz NOT NULL,          -- infinity: nothing is promised
    weight       smallint    NOT NULL,          -- how urgent: 2 is danger to life
    kecamatan    text,
    standing     text        NOT NULL,          -- work, attention or rest: on which list it is
    assignee     uuid,
    rahasia      boolean     NOT NULL,
    erased       boolean     NOT NULL,
    words        tsvector    NOT NULL DEFAULT '',
    told         bytea       NOT NULL,          -- the record: contracts.events.UnitRouted
    PRIMARY KEY (unit, complaint_id)
);
CREATE INDEX complaints_ticket ON complaints (ticket);
-- What is to be done, the most urgent first, then what is due first, then the oldest.
CREATE INDEX complaints_open ON complaints (unit, standing, weight DESC, due, received_at, complaint_id) WHERE standing <> 'rest';
CREATE INDEX complaints_all_open ON complaints (weight DESC, due, received_at, complaint_id) WHERE standing = 'work' AND unit = lead;
CREATE INDEX complaints_newest ON complaints (unit, received_at DESC, complaint_id);
CREATE INDEX complaints_all_newest ON complaints (received_at DESC, complaint_id) WHERE unit = lead;
CREATE INDEX complaints_status ON complaints (unit, status, received_at DESC, complaint_id);
CREATE INDEX complaints_place ON complaints (unit, kecamatan, received_at DESC, complaint_id);
CREATE INDEX complaints_words ON complaints USING gin (words) WITH (fastupdate = off);
CREATE INDEX complaints_ended ON complaints (status, told_at);
CREATE INDEX complaints_assignee ON complaints (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX complaints_rest ON complaints (told_at) WHERE standing = 'rest';
CREATE INDEX complaints_id ON complaints (complaint_id);

-- Each word that came, in the order in which it came: what happened, without anybody's text.
CREATE TABLE events (
    n            bigserial   PRIMARY KEY,
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    event_id     text        NOT NULL,
    at           timestamptz NOT NULL,
    seq          int         NOT NULL,
    why          text        NOT NULL,
    status       text        NOT NULL,
    lead         text        NOT NULL,
    stage        text,
    reason       text,
    reply_id     text,                          -- the reply that it answers
    UNIQUE (unit, event_id)
);
CREATE INDEX events_complaint ON events (unit, complaint_id, n);

-- Who works at the desk.
CREATE TABLE people (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL UNIQUE,  -- small letters
    name          text        NOT NULL,
    unit          text        NOT NULL,
    role          text        NOT NULL,
    password      text,                         -- argon2id; null: invited, and not here yet
    code_key      int         NOT NULL DEFAULT 0,  -- which secret the codes are made with; 0: none
    code_used     bigint      NOT NULL DEFAULT 0,  -- a code is taken once
    created_at    timestamptz NOT NULL DEFAULT now(),
    left_at       timestamptz
);
CREATE INDEX people_unit ON people (unit);
CREATE TABLE invitations (
    token      bytea       PRIMARY KEY,         -- its hash
    person     uuid        NOT NULL UNIQUE REFERENCES people,
    expires_at timestamptz NOT NULL
);
CREATE TABLE sessions (
    token      bytea       PRIMARY KEY,         -- its hash
    person     uuid        NOT NULL REFERENCES people,
    begun_at   timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_age ON sessions (begun_at);

-- What was answered here. The words stand in the outbox too, until they are out.
CREATE TABLE replies (
    id           uuid        PRIMARY KEY,       -- of the event: sent twice, it is one
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    person       uuid        NOT NULL REFERENCES people,
    at           timestamptz NOT NULL DEFAULT now(),
    said         bytea       NOT NULL,          -- contracts.events.UnitReplied
    answered_at  timestamptz,
    accepted     boolean,
    code         text,
    reason       text,
    masked       text[]      NOT NULL DEFAULT '{}'
);
CREATE INDEX replies_complaint ON replies (unit, complaint_id, at);

-- What people of the desk tell each other; it never leaves the desk.
CREATE TABLE notes (
    id           uuid        PRIMARY KEY,
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    person       uuid        NOT NULL REFERENCES people,
    at           timestamptz NOT NULL DEFAULT now(),
    instruction  boolean     NOT NULL,          -- of who looks over all units
    text         text        NOT NULL
);
CREATE INDEX notes_complaint ON notes (unit, complaint_id, at);

-- Who looked at what and did what. Nothing in it is changed or deleted; it holds nobody's text.
CREATE TABLE audit (
    n       bigserial   PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    person  uuid,
    act     text        NOT NULL,
    unit    text,
    ticket  text,
    about   text
);
CREATE INDEX audit_ticket ON audit (ticket, n) WHERE ticket IS NOT NULL;
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the audit is only added to'; END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION audit_stays();
