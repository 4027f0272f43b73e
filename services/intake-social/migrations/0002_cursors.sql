CREATE TABLE cursors (                    -- how far each source has been read: moves only after its posts are stored
    source   text PRIMARY KEY,
    position text NOT NULL                -- X: the newest post's id; Facebook: an RFC 3339 time
);
