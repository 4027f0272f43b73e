-- Whose people a complaint accuses, or may: who looks over all units sees nothing of it. Known of what is told from now on.
ALTER TABLE complaints ADD COLUMN accuses text[] NOT NULL DEFAULT '{}';
