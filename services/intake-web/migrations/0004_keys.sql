CREATE TABLE keys (                       -- of other systems, which send and read with limits of their own
    id         text        PRIMARY KEY,   -- what operators call it by; nothing is opened with it
    system     text        NOT NULL,      -- whose it is: the source of its complaints, in complaints.gateway
    contact    text        NOT NULL,      -- who answers for the system
    rights     text[]      NOT NULL,
    key_hash   bytea       NOT NULL UNIQUE, -- SHA-256 of 256 random bits: nobody can try out what it was
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    used_on    date                       -- the last day, in UTC
);
