-- Whom an anonymous complaint was confirmed to is known until that is sent, and no longer.
ALTER TABLE notices ADD COLUMN forget boolean NOT NULL DEFAULT false;
-- Older fingerprints had no key: whoever had the row could try telephone numbers until one fitted.
UPDATE complaints SET fingerprint = '';
