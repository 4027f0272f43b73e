-- Who has a complaint and has not said a word since; '' while nobody has it.
ALTER TABLE clocks ADD COLUMN waiting_unit text NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN waiting_since timestamptz;
CREATE INDEX clocks_waiting ON clocks (waiting_unit, waiting_since) WHERE waiting_since IS NOT NULL;

-- A clock now keeps its start and its term; those of before had them in their derivation alone.
UPDATE clocks SET body = body || jsonb_build_object(
    'received_at', coalesce(body #>> '{running,0,derivation,0,date}', '2026-01-01') || 'T00:00:00+08:00',
    'running', (
        SELECT coalesce(jsonb_agg(r || jsonb_build_object(
            'start', (r #>> '{derivation,0,date}') || 'T00:00:00+08:00',
            'term', CASE
                WHEN r #>> '{derivation,0,reason}' LIKE 'hari 0%' THEN jsonb_build_object('unit', 'working_days', 'amount',
                    (SELECT count(*) FROM jsonb_array_elements(r -> 'derivation') d WHERE (d ->> 'counted')::boolean))
                ELSE jsonb_build_object(
                    'unit', CASE split_part(r #>> '{derivation,0,reason}', ' ', 2) WHEN 'detik' THEN 'seconds' ELSE 'hours' END,
                    'amount', split_part(r #>> '{derivation,0,reason}', ' ', 1)::int)
                END)), '[]')
        FROM jsonb_array_elements(body -> 'running') r));

ALTER TABLE clocks ALTER COLUMN body TYPE text; -- read and written whole, never asked about
