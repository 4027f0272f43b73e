-- Bounds are of an inbox, however its address is written; intake/contacts.py says what that is, for marks.
-- depends: 0021_undone
CREATE FUNCTION inbox_of(address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE
        WHEN position('@' IN address) = 0 THEN address
        WHEN domain IN ('gmail.com', 'googlemail.com') THEN replace(untagged, '.', '') || '@gmail.com'
        ELSE untagged || '@' || domain END
    FROM (SELECT lower(regexp_replace(address, '@[^@]*$', '')) AS name, lower(substring(address FROM '[^@]*$')) AS domain) AS split,
        LATERAL (SELECT coalesce(nullif(split_part(name, '+', 1), ''), name) AS untagged) AS short
$$;
ALTER TABLE notices ADD COLUMN inbox text GENERATED ALWAYS AS (
    CASE WHEN position('@' IN address) = 0 THEN address ELSE inbox_of(address) END) STORED; -- a number costs no call
DROP INDEX notices_address;
CREATE INDEX notices_inbox ON notices (inbox, sent_at);
