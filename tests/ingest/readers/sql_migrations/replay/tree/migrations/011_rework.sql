CREATE TABLE IF NOT EXISTS posts (wrong INT);
ALTER TABLE posts ALTER headline TYPE TEXT;
ALTER TABLE posts DROP COLUMN number;
ALTER TABLE posts ADD number BIGINT;
DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'posts' AND column_name = 'slug') THEN
    ALTER TABLE posts ALTER COLUMN slug SET NOT NULL;
    CREATE TABLE tags (
      id INT PRIMARY KEY
    );
  END IF;
END
$$;
INSERT INTO tags VALUES (1);
DROP INDEX posts_headline;
CREATE INDEX CONCURRENTLY posts_headline ON posts (headline);
