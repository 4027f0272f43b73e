-- A clock keeps the round it was started in; those of before are of the round their complaint is in.
UPDATE clocks SET body = jsonb_set(body::jsonb, '{running}', (
    SELECT jsonb_agg(r || jsonb_build_object('round', body::jsonb -> 'round') ORDER BY n)
    FROM jsonb_array_elements(body::jsonb -> 'running') WITH ORDINALITY AS each (r, n)))::text
WHERE body::jsonb ? 'round' AND jsonb_array_length(body::jsonb -> 'running') > 0;
