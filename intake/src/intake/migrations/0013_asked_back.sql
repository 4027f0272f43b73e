-- What came without a ticket and was answered with the question which complaint it is about.
ALTER TABLE reporters ADD COLUMN asked_back jsonb, ADD COLUMN asked_at timestamptz;
CREATE INDEX reporters_asked ON reporters (asked_at) WHERE asked_at IS NOT NULL;
