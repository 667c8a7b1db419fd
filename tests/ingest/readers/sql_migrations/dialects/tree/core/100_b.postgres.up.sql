CREATE TABLE b (id bigint);
CREATE TABLE b2 (id bigint);
