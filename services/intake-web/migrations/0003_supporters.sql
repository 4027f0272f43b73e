-- Who has the same: counted with each one, so that it can be told at once, and told of it if they left a contact.
ALTER TABLE public_complaints ADD COLUMN supporters int NOT NULL DEFAULT 0;
UPDATE public_complaints p SET supporters = n FROM (SELECT ticket, count(*) AS n FROM supporters GROUP BY ticket) AS s
WHERE s.ticket = p.ticket;
-- What somebody who is about to report may mean.
CREATE INDEX public_complaints_similar ON public_complaints (category, kecamatan, received_at DESC) WHERE listed AND open;

CREATE TABLE followers (                  -- supporters who left a contact: it is kept as a reporter's is, for one complaint
    reporter_ref text        PRIMARY KEY REFERENCES reporters ON DELETE CASCADE,
    ticket       text        NOT NULL,
    told         text        NOT NULL,    -- the status that was told last
    at           timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz              -- when the complaint ended: then there is no more to tell
);
CREATE INDEX followers_ticket ON followers (ticket);
CREATE INDEX followers_ended ON followers (ended_at) WHERE ended_at IS NOT NULL;
