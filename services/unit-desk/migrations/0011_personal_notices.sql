-- What one person alone is told, on duty or not: that a draft waits for them or came back, or what was given to them.
ALTER TABLE notices ADD COLUMN person uuid REFERENCES people;
