-- Since when the vendor may have it; NULL again when it is known not to. One that waits with it was in a process that died.
ALTER TABLE notices ADD COLUMN began_at timestamptz;
ALTER TABLE notices ADD COLUMN ends boolean NOT NULL DEFAULT false;   -- it says how a complaint ended: no bound holds it back
ALTER TABLE notices ADD COLUMN urgent boolean NOT NULL DEFAULT false; -- of a complaint in danger: it waits for no morning
ALTER TABLE notices ADD COLUMN quiet boolean NOT NULL DEFAULT false;  -- it waits for the morning; answers pass it by
ALTER TABLE notices ADD COLUMN round int NOT NULL DEFAULT 0;          -- how often it was sent again by hand
ALTER TABLE notices ADD COLUMN gateway_id text;                       -- what the gateway calls it, where it says so
ALTER TABLE notices ADD COLUMN report text CHECK (report IN ('queued', 'accepted', 'delivered', 'failed', 'rejected'));
ALTER TABLE notices ADD COLUMN reported_at timestamptz;

-- Parts of a long SMS that came through a gateway which does not join them, until the last is there. Then their words and
-- whose they are go, and the rest stays for some days: the gateway may bring a part again.
CREATE TABLE sms_parts (
    long_sms bytea       NOT NULL,             -- hash of gateway, sender, reference and how many there are
    part     int         NOT NULL,
    total    int         NOT NULL,
    id       text        NOT NULL,             -- the gateway's
    sender   text        NOT NULL,
    text     text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    taken_at timestamptz,
    PRIMARY KEY (long_sms, part)
);
CREATE INDEX sms_parts_waiting ON sms_parts (at) WHERE taken_at IS NULL;
CREATE INDEX sms_parts_taken ON sms_parts (taken_at) WHERE taken_at IS NOT NULL;
