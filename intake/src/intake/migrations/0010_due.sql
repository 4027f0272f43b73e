-- The sender looks for what is due, and most of what waits is not.
DROP INDEX notices_pending;
CREATE INDEX notices_due ON notices (next_try_at, id) WHERE state = 'pending';
-- All that an address was sent goes with it, and what it is still to be sent.
DROP INDEX notices_address;
CREATE INDEX notices_address ON notices (address, sent_at);
