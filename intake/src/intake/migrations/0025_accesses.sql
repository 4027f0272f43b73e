-- depends: 0024_unasked
CREATE TABLE reporter_accesses (           -- who saw who reported a complaint, or asked for a right, and when; nobody's name
    ticket text        NOT NULL,
    who    text        NOT NULL CHECK (who IN ('reporter', 'operator')),
    what   text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reporter_accesses_ticket ON reporter_accesses (ticket, at);
CREATE INDEX reporter_accesses_at ON reporter_accesses (at);
