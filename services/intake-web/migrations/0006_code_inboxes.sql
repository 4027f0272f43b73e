-- Codes to sign in are bounded by the inbox, however its address is written, as messages are.
-- depends: 0005_bounds
ALTER TABLE account_messages ADD COLUMN inbox text GENERATED ALWAYS AS (
    CASE WHEN position('@' IN address) = 0 THEN address ELSE inbox_of(address) END) STORED;
CREATE INDEX account_messages_inbox ON account_messages (inbox, created_at);
