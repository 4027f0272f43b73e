-- What an address was sent in a day is counted before it is sent more.
CREATE INDEX notices_address ON notices (address, sent_at) WHERE sent_at IS NOT NULL;
