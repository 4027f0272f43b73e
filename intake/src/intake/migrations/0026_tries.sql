-- Who was refused is nobody that is known.
-- depends: 0025_accesses
ALTER TABLE reporter_accesses
    DROP CONSTRAINT reporter_accesses_who_check,
    ADD CONSTRAINT reporter_accesses_who_check CHECK (who IN ('reporter', 'operator', 'unknown'));
