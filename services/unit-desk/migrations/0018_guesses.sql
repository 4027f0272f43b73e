-- Wrong guesses, counted by all processes of the desk together and kept over their restarts. Nobody can read from it
-- whom they concern. Not logged: after a crash of the database everybody begins with the first guess.
-- depends: 0017_account_times
CREATE UNLOGGED TABLE guesses (
    key     bytea       PRIMARY KEY,      -- HMAC of a person, a place, or both
    count   integer     NOT NULL,
    at      timestamptz NOT NULL,         -- the last one
    full_at timestamptz NOT NULL          -- when a place has all its guesses again
);
CREATE INDEX guesses_at ON guesses (at);
