-- Counts the recorded steps of a task.
ALTER TABLE tasks ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
