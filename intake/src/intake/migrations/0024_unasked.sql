-- A notice that is deleted before it asked leaves the asking to the next.
-- depends: 0023_agreements
CREATE INDEX agreements_asked_by ON agreements (asked_by) WHERE agreed_at IS NULL;
