-- A record without a value erases what its key held.
ALTER TABLE outbox ALTER COLUMN value DROP NOT NULL;
