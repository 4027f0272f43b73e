-- What lists of the reporters' own words are made of: who had it reopened, and who has added something that no unit has
-- replied to. Of complaints known already only the first is known; `unit-desk rewind` adds the second.
-- depends: 0018_guesses
ALTER TABLE complaints ADD COLUMN reopened boolean NOT NULL DEFAULT false, ADD COLUMN unheard boolean NOT NULL DEFAULT false;
UPDATE complaints SET reopened = true
WHERE standing <> 'rest' AND (convert_from(told, 'UTF8')::jsonb -> 'complaint' ->> 'reopened')::int > 0;
