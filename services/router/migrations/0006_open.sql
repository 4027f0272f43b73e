-- What is open, however much is stored: operators count it all day.
CREATE INDEX cases_open ON cases (status)
    WHERE status IN ('acknowledged', 'in_progress', 'registered', 'reopened', 'returned', 'routed', 'waiting_for_reporter');
