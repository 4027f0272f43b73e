CREATE TABLE accounts (                   -- who wants to come back; nobody needs one
    account_id text        PRIMARY KEY,   -- random
    name       text,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz NOT NULL DEFAULT now() -- to the day: unused for long enough it is deleted
);
CREATE INDEX accounts_used ON accounts (used_at);

CREATE TABLE account_contacts (           -- how its owner is reached, shown by a code; one of each medium
    account_id text        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    medium     text        NOT NULL CHECK (medium IN ('email', 'sms')),
    address    text        NOT NULL,
    mark       bytea       NOT NULL UNIQUE, -- as of `contacts`: a contact leads to one account
    shown_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, medium)
);
CREATE INDEX account_contacts_address ON account_contacts (address);

CREATE TABLE account_consents (           -- what its owner agreed to, in the words they read
    account_id text        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    version    text        NOT NULL,
    text       text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, version)
);

CREATE TABLE account_sessions (           -- the browsers that are signed in
    token_hash bytea       PRIMARY KEY,   -- SHA-256 of 256 random bits, which the browser alone has
    account_id text        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    begun_at   timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz NOT NULL DEFAULT now(), -- to the day
    ends_at    timestamptz NOT NULL
);
CREATE INDEX account_sessions_account ON account_sessions (account_id);
CREATE INDEX account_sessions_ending ON account_sessions (ends_at);

CREATE TABLE account_reporters (          -- its complaints: each of the website has a reporter of its own, who goes with it
    account_id   text        NOT NULL REFERENCES accounts ON DELETE CASCADE,
    reporter_ref text        NOT NULL REFERENCES reporters ON DELETE CASCADE,
    at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, reporter_ref)
);
CREATE INDEX account_reporters_reporter ON account_reporters (reporter_ref);

CREATE TABLE account_messages (           -- codes on their way, and that a contact was changed; kept for some days
    id          bigserial   PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('enter', 'new', 'own', 'leave', 'changed')),
    attempt     bytea,                    -- hash of what the browser shows that asked for it; NULL: it is over
    account_id  text,                     -- whose contact is to be changed, or who wants to leave
    medium      text        NOT NULL,
    address     text        NOT NULL,
    mark        bytea       NOT NULL,
    seed        bytea,                    -- the code is an HMAC of it, keyed from INSTALLATION_NAMESPACE
    also        boolean     NOT NULL DEFAULT false, -- who leaves has the complaints erased, too
    tries       int         NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,     -- from then on it is neither taken nor sent
    used_at     timestamptz,
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'refused', 'unknown')),
    sending     int         NOT NULL DEFAULT 0, -- how often that was tried
    next_try_at timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz
);
CREATE INDEX account_messages_due ON account_messages (medium, next_try_at, id) WHERE state = 'pending';
CREATE INDEX account_messages_attempt ON account_messages (attempt) WHERE attempt IS NOT NULL;
CREATE INDEX account_messages_mark ON account_messages (mark, created_at);
CREATE INDEX account_messages_created ON account_messages (created_at);

CREATE TABLE identity_accesses (          -- who looked at whose identity, or changed it, and when
    account_id text,
    ticket     text,
    who        text        NOT NULL CHECK (who IN ('owner', 'operator')),
    what       text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX identity_accesses_account ON identity_accesses (account_id, at) WHERE account_id IS NOT NULL;
CREATE INDEX identity_accesses_ticket ON identity_accesses (ticket, at) WHERE ticket IS NOT NULL;
CREATE INDEX identity_accesses_at ON identity_accesses (at);
