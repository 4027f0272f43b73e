CREATE TABLE quoted_posts (               -- whose words stand in a complaint that quotes them, to be forgotten when they are deleted
    post         text NOT NULL,           -- as in complaints.thread
    complaint_id text NOT NULL REFERENCES complaints ON DELETE CASCADE,
    PRIMARY KEY (post, complaint_id)
);
