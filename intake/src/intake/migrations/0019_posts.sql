-- Of which post or message a file is: its author may delete that. Of X its id, which we ask for; else, and of what is
-- anonymous, a keyed hash.
ALTER TABLE media ADD COLUMN post text;
ALTER TABLE uploads ADD COLUMN post text;
CREATE INDEX media_post ON media (post) WHERE post IS NOT NULL;
CREATE INDEX uploads_post ON uploads (post) WHERE post IS NOT NULL;
