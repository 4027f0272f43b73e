CREATE TABLE spending (                   -- what a network that bills each call was owed, as we count
    channel text          NOT NULL,
    month   date          NOT NULL,       -- its first day, in UTC
    usd     numeric(12,4) NOT NULL,
    PRIMARY KEY (channel, month)
);

CREATE TABLE heard (                      -- who wrote to us of late, where a network lets us answer for a day only
    channel text        NOT NULL,
    address text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (channel, address)
);
CREATE INDEX heard_at ON heard (at);
