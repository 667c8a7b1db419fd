-- the first file by number, the last by text; not by DDL: CREATE TABLE ghosts (id int);
CREATE TABLE ideas (
  id SERIAL PRIMARY KEY,
  title VARCHAR(100) NOT NULL, -- "number, int" is no column
  NUMBER INT,
  author INT NULL
);

/* owners of
   ideas */ CREATE TABLE "Authors" (id INT NOT NULL, note TEXT DEFAULT 'a;b');
CREATE UNIQUE INDEX authors_id ON "Authors" (id);
ALTER TABLE ideas ADD FOREIGN KEY (author) REFERENCES "Authors" (id) ON DELETE SET NULL;
CREATE INDEX ideas_both ON ideas (title, author);
CREATE INDEX ideas_title ON ideas (title)
