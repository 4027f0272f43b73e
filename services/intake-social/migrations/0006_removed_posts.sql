CREATE TABLE removed_posts (              -- what was deleted on a network of late: it may come only after that
    complaint_id text        PRIMARY KEY, -- of what it is or would be, a keyed hash of its id; or of what has its words
    words_only   boolean     NOT NULL,    -- it came by something else, which is there
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX removed_posts_at ON removed_posts (at);
