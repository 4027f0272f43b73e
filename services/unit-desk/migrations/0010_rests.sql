-- What another unit has is deleted by age, whether somebody has looked at it or not.
CREATE INDEX complaints_not_work ON complaints (told_at) WHERE standing <> 'work';
DROP INDEX complaints_rest;
