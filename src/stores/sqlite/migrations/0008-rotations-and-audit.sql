-- Which key took the place of one that was rotated.
ALTER TABLE keys ADD COLUMN replaced_by TEXT;

-- Every change that was made through the admin API, and of webhooks: the entry as JSON.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  entry TEXT NOT NULL
) STRICT;
