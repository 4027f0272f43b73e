-- What an office outside has and has not answered is listed for operators.
-- depends: 0013_search
CREATE INDEX handovers_unanswered ON handovers (unit)
    WHERE over_at IS NULL AND answered_at IS NULL AND revoked_at IS NULL;
