CREATE TABLE last (id int);
SELECT 'unfinished