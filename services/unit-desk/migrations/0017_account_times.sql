-- When an account was last changed and last used: after a restore an operator looks through what the backup knows.
-- depends: 0016_reminders
ALTER TABLE people ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN entered_at timestamptz;
WITH known AS (
    SELECT CASE act WHEN 'undang' THEN split_part(about, ' ', 1)::uuid ELSE person END AS person,
        max(at) FILTER (WHERE act <> 'masuk') AS changed, max(at) FILTER (WHERE act = 'masuk') AS entered
    FROM audit WHERE act IN ('undang', 'ganti kata sandi', 'masuk') GROUP BY 1)
UPDATE people p SET changed_at = greatest(p.created_at, p.left_at, k.changed), entered_at = k.entered
FROM people q LEFT JOIN known k ON k.person = q.id WHERE q.id = p.id;
