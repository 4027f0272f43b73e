CREATE INDEX complaints_reporter ON complaints (reporter_ref);
