-- What an address was sent in a day is counted before it is sent more.
CREATE INDEX notices_address ON notices (address, sent_at) WHERE sent_at IS NOT NULL;

-- It was the plain SHA-256 of the secret until now; nothing is converted, for no installation had taken complaints yet.
COMMENT ON COLUMN complaints.secret_hash IS 'HMAC-SHA256 of the access secret, keyed from INSTALLATION_NAMESPACE';
