-- How much each client has used up, shared by the processes of the service and kept over their restarts. Who that is
-- nobody can read from it. Not logged: after a crash of the database each begins with what it may have at once.
-- depends: 0004_keys
CREATE UNLOGGED TABLE bounds (
    what    text        NOT NULL,         -- a key of RATES in intake_web/limits.py
    client  bytea       NOT NULL,         -- HMAC of what is counted, keyed from INSTALLATION_NAMESPACE
    full_at timestamptz NOT NULL,         -- when nothing is missing any more
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (what, client)
);
CREATE INDEX bounds_at ON bounds (at);
CREATE INDEX bounds_full ON bounds (full_at);
