CREATE TABLE somewhere (id int);
DROP TABLE somewhere;
