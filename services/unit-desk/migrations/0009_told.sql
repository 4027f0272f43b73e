-- What reporters were told of their complaints and whether it arrived: the last word on each message. Neither its words nor to
-- whom it went is known here.
CREATE TABLE arrivals (
    message_id   text        PRIMARY KEY,
    complaint_id text        NOT NULL,
    kind         text        NOT NULL,
    seq          int,                           -- the step of the story that it tells
    channel      text,
    state        text        NOT NULL,
    why          text,
    at           timestamptz NOT NULL,
    until        timestamptz,                   -- before then it is not sent
    said_at      timestamptz NOT NULL,          -- what was said before that changes nothing
    early        boolean     NOT NULL           -- it came before any unit here was told of its complaint
);
CREATE INDEX arrivals_complaint ON arrivals (complaint_id);
CREATE INDEX arrivals_early ON arrivals (said_at) WHERE early;
