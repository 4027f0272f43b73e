-- By what the old rows are found; the table is as long as four months are.
CREATE INDEX inbox_age ON inbox (at);
