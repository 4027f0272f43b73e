-- What was taken back before its reporter was told of it is told to nobody: the desk hears why.
-- depends: 0020_parts
ALTER TABLE notices DROP COLUMN says;
ALTER TABLE notices ADD COLUMN says text GENERATED ALWAYS AS (CASE state
    WHEN 'pending' THEN CASE WHEN quiet THEN 'waits quiet' ELSE 'waits' END
    WHEN 'sent' THEN CASE WHEN report = 'delivered' THEN 'delivered' ELSE 'taken' END
    WHEN 'refused' THEN CASE WHEN given_up OR report IN ('failed', 'rejected') THEN 'not_delivered unreachable' ELSE 'not_delivered refused' END
    WHEN 'unknown' THEN 'perhaps_sent'
    ELSE CASE detail WHEN 'limited' THEN 'never_sent limited' WHEN 'stopped' THEN 'never_sent stopped'
        WHEN 'undone' THEN 'never_sent undone' ELSE 'never_sent unasked' END END) STORED;
CREATE INDEX notices_unsaid ON notices (id) WHERE says IS DISTINCT FROM said;
