CREATE TABLE set_aside (                  -- what came in and can't be taken: never leaves this database
    id         bigserial   PRIMARY KEY,   -- all that the dead letter says of it
    door       text        NOT NULL,      -- kannel-mo, x, facebook
    content    bytea       NOT NULL,
    error      text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz                -- somebody looked; until then it is kept, however old it is
);
