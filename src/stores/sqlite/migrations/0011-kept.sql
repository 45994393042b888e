-- How long tasks are kept, and since when all of those are there: it may have been less.
CREATE TABLE kept (
  task_ms INTEGER NOT NULL,
  complete_since_ms INTEGER NOT NULL
) STRICT;
