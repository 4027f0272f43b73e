-- How many of the answered ones a unit says that it has resolved: a rejection is an answer too.
-- depends: 0008_groups
ALTER TABLE public_figures ADD COLUMN resolved int NOT NULL DEFAULT 0;
UPDATE public_figures f SET resolved = done.n
FROM (
    SELECT month, kind, code, count(*) AS n
    FROM public_complaints, LATERAL (
        VALUES ('all', ''), ('unit', unit), ('category', category), ('kecamatan', kecamatan)) AS counted (kind, code)
    WHERE status IN ('resolved', 'closed') AND code IS NOT NULL
    GROUP BY 1, 2, 3) AS done
WHERE (f.month, f.kind, f.code) = (done.month, done.kind, done.code);
