-- What the desk hears of each message, in the words of contracts.vocabulary (Arrival and NoArrival), and what it heard last: where
-- the two differ there is something to say.
ALTER TABLE notices ADD COLUMN given_up boolean NOT NULL DEFAULT false; -- nothing arrives where it was to go
ALTER TABLE notices ADD COLUMN says text GENERATED ALWAYS AS (CASE state
    WHEN 'pending' THEN CASE WHEN quiet THEN 'waits quiet' ELSE 'waits' END
    WHEN 'sent' THEN CASE WHEN report = 'delivered' THEN 'delivered' ELSE 'taken' END
    WHEN 'refused' THEN CASE WHEN given_up OR report IN ('failed', 'rejected') THEN 'not_delivered unreachable' ELSE 'not_delivered refused' END
    WHEN 'unknown' THEN 'perhaps_sent'
    ELSE CASE detail WHEN 'limited' THEN 'never_sent limited' WHEN 'stopped' THEN 'never_sent stopped'
        ELSE 'never_sent unasked' END END) STORED;
ALTER TABLE notices ADD COLUMN said text;
ALTER TABLE notices ADD COLUMN said_at timestamptz;
CREATE INDEX notices_unsaid ON notices (id) WHERE says IS DISTINCT FROM said;

-- What there was to tell and nobody could be told, until that is said.
CREATE TABLE untold (
    ticket text        NOT NULL,
    kind   text        NOT NULL,
    key    text        NOT NULL,
    why    text        NOT NULL,          -- of contracts.vocabulary.NoArrival
    at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ticket, kind, key)
);
