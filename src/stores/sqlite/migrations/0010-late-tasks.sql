-- Tasks that were written more than a day late: their numbers run ahead of their time, and lists by time must not pass them over.
CREATE INDEX tasks_late ON tasks (number / 2048 - created_at_ms) WHERE number / 2048 - created_at_ms >= 86400000;
