-- Whom the website tells: what a reporter left, one contact of each medium. It goes with the reporter.
CREATE TABLE contacts (
    reporter_ref text        NOT NULL REFERENCES reporters ON DELETE CASCADE,
    medium       text        NOT NULL CHECK (medium IN ('email', 'sms')),
    address      text        NOT NULL,
    mark         bytea       NOT NULL,    -- HMAC of medium and address, keyed from INSTALLATION_NAMESPACE
    link_key     bytea,                   -- the secret link that was sent there is made from it; NULL: it is revoked
    created_at   timestamptz NOT NULL DEFAULT now(),
    failed_at    timestamptz,             -- since when it is known that nothing arrives there
    PRIMARY KEY (reporter_ref, medium)
);
CREATE INDEX contacts_mark ON contacts (mark);
CREATE INDEX contacts_address ON contacts (address, medium);
CREATE TABLE silenced (                   -- contacts whose owner wants no messages: who that is nobody can read from it
    mark bytea       PRIMARY KEY,
    at   timestamptz NOT NULL DEFAULT now()
);

-- By which medium it is told, where an intake has several; each has a sender of its own.
ALTER TABLE notices ADD COLUMN medium text NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN subject text NOT NULL DEFAULT '';
ALTER TABLE notices DROP CONSTRAINT notices_ticket_kind_key_key;
ALTER TABLE notices ADD UNIQUE (ticket, kind, key, medium);
DROP INDEX notices_due;
CREATE INDEX notices_due ON notices (medium, next_try_at, id) WHERE state = 'pending';
ALTER TABLE farewells ADD COLUMN medium text NOT NULL DEFAULT '';
