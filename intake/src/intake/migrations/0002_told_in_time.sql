-- A notice may wait for better words (the receipt, for its due date) or be dropped before it is sent (an apology).
ALTER TABLE notices ADD COLUMN revisable boolean NOT NULL DEFAULT false;
ALTER TABLE notices DROP CONSTRAINT notices_state_check;
ALTER TABLE notices ADD CONSTRAINT notices_state_check
    CHECK (state IN ('pending', 'sent', 'refused', 'unknown', 'dropped'));
CREATE INDEX notices_revisable ON notices (ticket, reason) WHERE revisable;
CREATE INDEX notices_done ON notices (created_at) WHERE state <> 'pending';

ALTER TABLE stories ADD COLUMN parent text;             -- the complaint it was merged into, to count reporters
ALTER TABLE stories ADD COLUMN final_at timestamptz;    -- since when nothing more follows, for the sweep
UPDATE stories SET final_at = now() WHERE body ->> 'status' IN ('closed', 'handed_over', 'rejected', 'cancelled');
CREATE INDEX stories_parent ON stories (parent) WHERE parent IS NOT NULL;
CREATE INDEX stories_final ON stories (final_at) WHERE final_at IS NOT NULL;
