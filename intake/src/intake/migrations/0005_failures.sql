-- Tries of a notice that failed as nobody foresaw; those that the vendor could not take then are not among them.
ALTER TABLE notices ADD COLUMN failures int NOT NULL DEFAULT 0;
