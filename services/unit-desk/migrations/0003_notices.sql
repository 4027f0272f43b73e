-- When each person is on duty, how they are reached, and of what they want to hear nothing.
ALTER TABLE people
    ADD COLUMN duty_days  text[]  NOT NULL DEFAULT '{}',             -- senin, selasa, …; none: on no duty
    ADD COLUMN duty_hours text    NOT NULL DEFAULT '00.00-24.00',
    ADD COLUMN phone      text,                                      -- E.164
    ADD COLUMN by_mail    boolean NOT NULL DEFAULT true,
    ADD COLUMN by_sms     boolean NOT NULL DEFAULT true,
    ADD COLUMN unwanted   text[]  NOT NULL DEFAULT '{}',             -- kinds of notices
    ADD COLUMN by_code_at timestamptz;                               -- when they last came in by a code in a mail

-- What people of a unit are to be told: written with the word that came, and without anybody's text.
CREATE TABLE notices (
    id           bigserial   PRIMARY KEY,
    unit         text        NOT NULL,
    complaint_id text        NOT NULL,
    ticket       text        NOT NULL,
    kind         text        NOT NULL,
    event_id     text        NOT NULL,
    at           timestamptz NOT NULL,                   -- of the word
    recorded_at  timestamptz NOT NULL DEFAULT now(),     -- later than that where topics are read again
    next_at      timestamptz NOT NULL,                   -- when to see whom to tell
    state        text        NOT NULL DEFAULT 'new',     -- new, told, dropped
    level        smallint    NOT NULL DEFAULT 0,         -- how far up it has climbed
    climb_at     timestamptz,
    opened_at    timestamptz,                            -- by whoever was told, or a colleague
    UNIQUE (unit, event_id)
);
CREATE INDEX notices_due ON notices (next_at) WHERE state = 'new';
CREATE INDEX notices_new ON notices (unit, id) WHERE state = 'new';
CREATE INDEX notices_climbing ON notices (climb_at) WHERE climb_at IS NOT NULL;
CREATE INDEX notices_ticket ON notices (ticket);
CREATE INDEX notices_complaint ON notices (unit, complaint_id);
CREATE INDEX notices_old ON notices (recorded_at);

-- What goes out to one person by one way. Its words are made when it is sent; none are kept.
CREATE TABLE messages (
    id          uuid        PRIMARY KEY,                 -- also its Message-ID, and what codes and links in it derive from
    person      uuid        NOT NULL REFERENCES people,
    medium      text        NOT NULL,                    -- email, sms
    kind        text        NOT NULL,                    -- alarm, gathered, morning, code, invitation
    weight      smallint    NOT NULL DEFAULT 0,          -- 2: danger, 1: somebody waits for it
    once        text        UNIQUE,
    state       text        NOT NULL DEFAULT 'pending',  -- pending, sending, sent, maybe_sent, refused, dropped
    detail      text,
    attempts    smallint    NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    fresh_at    timestamptz NOT NULL,                    -- when the last was added to it
    sent_at     timestamptz
);
CREATE INDEX messages_next ON messages (medium, weight DESC, next_try_at) WHERE state = 'pending';
CREATE INDEX messages_waiting ON messages (medium, created_at) WHERE state IN ('pending', 'sending');
CREATE INDEX messages_pending ON messages (person, medium, kind, created_at DESC) WHERE state = 'pending';
CREATE INDEX messages_failed ON messages (created_at DESC) WHERE state IN ('refused', 'maybe_sent');
CREATE INDEX messages_person ON messages (person, created_at DESC);
CREATE INDEX messages_newest ON messages (created_at DESC);
CREATE TABLE message_notices (
    message uuid   NOT NULL REFERENCES messages ON DELETE CASCADE,
    notice  bigint NOT NULL REFERENCES notices ON DELETE CASCADE,
    PRIMARY KEY (message, notice)
);
CREATE INDEX message_notices_notice ON message_notices (notice);

-- By which somebody without a password comes in, once. The code itself is kept nowhere: it derives from the message.
CREATE TABLE login_codes (
    person     uuid        PRIMARY KEY REFERENCES people,
    message    uuid        NOT NULL,
    expires_at timestamptz NOT NULL,
    wrong      smallint    NOT NULL DEFAULT 0
);
CREATE INDEX login_codes_expired ON login_codes (expires_at);
