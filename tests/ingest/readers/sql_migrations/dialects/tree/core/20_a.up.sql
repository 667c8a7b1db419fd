CREATE TABLE generic_only (id int PRIMARY KEY);
