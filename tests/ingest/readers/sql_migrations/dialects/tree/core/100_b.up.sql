CREATE TABLE wrong (id int);
