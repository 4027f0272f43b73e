-- Whoever types an address may type a stranger's: the first message asks, and what follows waits for a yes.
-- depends: 0022_inboxes
-- Messages that went out before marks were of an inbox have links by the mark of then.
ALTER TABLE contacts ADD COLUMN mark_before bytea;
CREATE INDEX contacts_mark_before ON contacts (mark_before) WHERE mark_before IS NOT NULL;
CREATE TABLE agreements (                 -- by the mark of an inbox, which says nobody's address
    mark        bytea       PRIMARY KEY,
    asked_by    bigint      NOT NULL,     -- the notice that asks; sent again, it asks again
    asked_at    timestamptz NOT NULL DEFAULT now(),
    agreed_at   timestamptz
);
CREATE INDEX agreements_unanswered ON agreements (asked_at) WHERE agreed_at IS NULL;
-- Those who get messages already could have ended them.
INSERT INTO agreements (mark, asked_by, agreed_at) SELECT DISTINCT mark, 0, now() FROM contacts WHERE medium = 'email';
ALTER TABLE notices DROP COLUMN says;
ALTER TABLE notices ADD COLUMN says text GENERATED ALWAYS AS (CASE state
    WHEN 'pending' THEN CASE WHEN next_try_at = 'infinity' THEN 'waits awaits_yes' WHEN quiet THEN 'waits quiet' ELSE 'waits' END
    WHEN 'sent' THEN CASE WHEN report = 'delivered' THEN 'delivered' ELSE 'taken' END
    WHEN 'refused' THEN CASE WHEN given_up OR report IN ('failed', 'rejected') THEN 'not_delivered unreachable' ELSE 'not_delivered refused' END
    WHEN 'unknown' THEN 'perhaps_sent'
    ELSE CASE detail WHEN 'limited' THEN 'never_sent limited' WHEN 'stopped' THEN 'never_sent stopped'
        WHEN 'undone' THEN 'never_sent undone' WHEN 'awaits_yes' THEN 'never_sent awaits_yes'
        ELSE 'never_sent unasked' END END) STORED;
CREATE INDEX notices_unsaid ON notices (id) WHERE says IS DISTINCT FROM said;
CREATE INDEX notices_held ON notices (inbox, created_at) WHERE state = 'pending' AND next_try_at = 'infinity';
