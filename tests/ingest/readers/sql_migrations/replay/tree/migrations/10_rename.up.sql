ALTER TABLE ideas RENAME TO posts;
ALTER TABLE posts RENAME COLUMN title TO headline;
ALTER TABLE posts RENAME CONSTRAINT ideas_author_fkey TO posts_author_fkey;
ALTER INDEX ideas_title RENAME TO posts_headline;
ALTER TABLE posts
  ADD COLUMN slug TEXT,
  ADD score NUMERIC(5,2) NOT NULL DEFAULT 0;
