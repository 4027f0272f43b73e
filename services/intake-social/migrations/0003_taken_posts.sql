CREATE TABLE taken_posts (                -- what was dealt with of late: whole pages are asked for at once, after a restart
    mark bytea       PRIMARY KEY,         -- keyed hash of a post as it was seen; tells nothing of it
    at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX taken_posts_at ON taken_posts (at);
