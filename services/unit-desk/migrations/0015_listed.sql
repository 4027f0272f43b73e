-- What a list showed of a complaint's words is a look at it, too.
-- depends: 0014_silent_offices
ALTER TABLE audit ADD COLUMN tickets text[];
CREATE INDEX audit_tickets ON audit USING gin (tickets) WHERE tickets IS NOT NULL;
-- Whom it was shown to on which day: in the audit that stands once a day for each.
CREATE TABLE listed (
    person uuid NOT NULL,
    ticket text NOT NULL,
    day    date NOT NULL,
    PRIMARY KEY (person, ticket)
);
CREATE INDEX listed_day ON listed (day);
