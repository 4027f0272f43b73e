-- What a supervisor decides about is open, and somebody's, like what a unit works on.
DROP INDEX cases_of_unit, cases_helped, cases_open;
CREATE INDEX cases_of_unit ON cases (unit)
    WHERE status IN ('acknowledged', 'appealed', 'in_progress', 'merged', 'routed', 'waiting_for_reporter');
CREATE INDEX cases_helped ON cases (ticket)
    WHERE body->'support' <> '[]'
    AND status IN ('acknowledged', 'appealed', 'in_progress', 'merged', 'routed', 'waiting_for_reporter');
CREATE INDEX cases_open ON cases (status)
    WHERE status IN ('acknowledged', 'appealed', 'in_progress', 'registered', 'reopened', 'returned', 'routed',
                     'waiting_for_reporter');
