-- What was handed over to an office outside that is written to: the letter, and the link by which the office answers.
CREATE TABLE handovers (
    id           uuid        PRIMARY KEY,
    unit         text        NOT NULL,          -- who forwards it: the LAPOR admin
    complaint_id text        NOT NULL,
    ticket       text        NOT NULL,
    party        text        NOT NULL,          -- the office's name
    at           timestamptz NOT NULL DEFAULT now(),
    link         int         NOT NULL DEFAULT 1,  -- which link holds; those before it do no more
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    over_at      timestamptz,                   -- it is that office's no more
    letter       text        NOT NULL DEFAULT 'waits',  -- waits, sent or refused
    tries        int         NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    problem      text,                          -- what the mail server said last: a code, or that it is away
    reminder     boolean     NOT NULL DEFAULT false,  -- the letter reminds of the one before
    answered_at  timestamptz,                   -- first
    FOREIGN KEY (unit, complaint_id) REFERENCES complaints ON DELETE CASCADE
);
CREATE INDEX handovers_complaint ON handovers (complaint_id, at);
CREATE UNIQUE INDEX handovers_one ON handovers (unit, complaint_id) WHERE over_at IS NULL;
CREATE INDEX handovers_waiting ON handovers (next_try_at) WHERE letter = 'waits' AND over_at IS NULL AND revoked_at IS NULL;
-- Who is to be reminded.
CREATE INDEX handovers_silent ON handovers (party, sent_at)
    WHERE letter = 'sent' AND NOT reminder AND answered_at IS NULL AND over_at IS NULL AND revoked_at IS NULL;

-- What the office answered: the first is the answer, others add to it. The words go to the router as a reply with this id.
CREATE TABLE party_answers (
    id          uuid        PRIMARY KEY,
    handover    uuid        NOT NULL REFERENCES handovers ON DELETE CASCADE,
    at          timestamptz NOT NULL DEFAULT now(),
    text        text        NOT NULL,
    answered_at timestamptz,
    accepted    boolean,
    reason      text
);
CREATE INDEX party_answers_handover ON party_answers (handover, at);
