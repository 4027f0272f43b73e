CREATE TABLE counted (
    key  text PRIMARY KEY,
    n    int  NOT NULL,
    text text NOT NULL CHECK (text <> 'refused')
);
