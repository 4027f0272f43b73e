-- Since when its owner wants no more news of what units do.
ALTER TABLE reporters ADD COLUMN stopped_at timestamptz;
