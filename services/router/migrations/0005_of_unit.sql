-- What a unit has that ended, and what it helps with: of what is in work, however much is stored.
CREATE INDEX cases_of_unit ON cases (unit)
    WHERE status IN ('acknowledged', 'in_progress', 'merged', 'routed', 'waiting_for_reporter');
CREATE INDEX cases_helped ON cases (ticket)
    WHERE body->'support' <> '[]'
    AND status IN ('acknowledged', 'in_progress', 'merged', 'routed', 'waiting_for_reporter');
