ALTER TABLE notices ADD COLUMN kind text;               -- what it is about; see intake.notices.NoticeKind
ALTER TABLE notices ADD COLUMN key text;                -- with ticket and kind, why it is sent only once
UPDATE notices SET key = substring(reason FROM '^[a-z]+-(.*)$'), kind = CASE split_part(reason, '-', 1)
    WHEN 'seq' THEN 'step' WHEN 'due' THEN 'step' WHEN 'ask' THEN 'step' WHEN 'moved' THEN 'deadline'
    WHEN 'breach' THEN 'apology' WHEN 'not' THEN 'correction' WHEN 'mo' THEN 'answer' ELSE split_part(reason, '-', 1) END;
UPDATE notices SET key = '' WHERE key IS NULL;
ALTER TABLE notices ALTER COLUMN kind SET NOT NULL, ALTER COLUMN key SET NOT NULL, DROP COLUMN reason;
ALTER TABLE notices ADD UNIQUE (ticket, kind, key);
CREATE INDEX notices_revisable ON notices (ticket, kind, key) WHERE revisable;
