-- What is kept is found by stems and by a part of its number, too.
-- depends: 0012_resend
UPDATE complaints c SET words = c.words || to_tsvector('simple', c.ticket) || coalesce((
    SELECT array_to_tsvector(array_agg(DISTINCT stem))
    FROM unnest(c.words) AS w, unnest(ts_lexize('indonesian_stem', w.lexeme)) AS stem WHERE stem <> ''), '')
WHERE c.words <> '';
