-- An office outside is reminded more than once, and operators are told once that it says nothing.
-- depends: 0015_listed
DROP INDEX handovers_silent;
ALTER TABLE handovers
    ALTER COLUMN reminder DROP DEFAULT,
    ALTER COLUMN reminder TYPE smallint USING reminder::int,  -- the letter is so many-th a reminder; 0: the first letter
    ALTER COLUMN reminder SET DEFAULT 0,
    ADD COLUMN since     timestamptz NOT NULL DEFAULT now(),  -- from when the office's days count
    ADD COLUMN silent_at timestamptz;                         -- when operators were told that it says nothing
-- Of what was over before, they have the list.
UPDATE handovers SET since = at, silent_at = CASE WHEN expires_at <= now() THEN now() END;
CREATE INDEX handovers_silent ON handovers (party, since)
    WHERE answered_at IS NULL AND over_at IS NULL AND revoked_at IS NULL AND silent_at IS NULL;
