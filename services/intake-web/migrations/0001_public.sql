CREATE TABLE public_complaints (          -- what everybody may know of every complaint of every channel; no words of anybody
    ticket      text        PRIMARY KEY,
    listed      boolean     NOT NULL,     -- the others are counted, and not shown
    received_at timestamptz NOT NULL,
    month       date        NOT NULL,     -- its first day, where the kabupaten is
    status      text        NOT NULL,
    open        boolean     NOT NULL,
    category    text,
    unit        text,
    kecamatan   text,
    desa        text,
    due_at      timestamptz,
    answered_at timestamptz,
    late        boolean     NOT NULL,
    rating      int
);
CREATE INDEX public_complaints_newest ON public_complaints (received_at DESC, ticket DESC) WHERE listed;
CREATE INDEX public_complaints_kecamatan ON public_complaints (kecamatan, received_at DESC, ticket DESC) WHERE listed;
CREATE INDEX public_complaints_category ON public_complaints (category, received_at DESC, ticket DESC) WHERE listed;
CREATE INDEX public_complaints_unit ON public_complaints (unit, received_at DESC, ticket DESC) WHERE listed;
CREATE INDEX public_complaints_open ON public_complaints (open, received_at DESC, ticket DESC) WHERE listed;

CREATE TABLE public_figures (             -- the same counted, kept with each change: reading it costs the same for ever
    month     date NOT NULL,
    kind      text NOT NULL,              -- what is told apart: all, unit, category, kecamatan
    code      text NOT NULL,              -- which of them
    received  int  NOT NULL,
    open      int  NOT NULL,
    answered  int  NOT NULL,
    in_time   int  NOT NULL,              -- of those answered
    late      int  NOT NULL,              -- whose promise was missed, answered or not
    rated     int  NOT NULL,
    satisfied int  NOT NULL,
    PRIMARY KEY (month, kind, code)
);

CREATE TABLE supporters (                 -- who said "I have this too"; nobody can tell who
    ticket   text        NOT NULL,
    who_hash bytea       NOT NULL,        -- HMAC of a random number that the browser keeps
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ticket, who_hash)
);
