CREATE TABLE counted (
    key   text   PRIMARY KEY,
    n     int    NOT NULL,
    texts text[] NOT NULL CHECK ('refused' <> ALL (texts))
);
