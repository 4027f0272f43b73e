-- A key of more than 2.7 kB fits into no index, and a row that can't be parked would be tried again for ever.
DROP INDEX outbox_parked;
CREATE INDEX outbox_parked ON outbox (topic, md5(key)) WHERE parked_reason IS NOT NULL;
