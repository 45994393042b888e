-- When something must be done about a task that nobody asks for, and how often in a row upstream did not know it.
-- What was there before is due at once: whoever claims it finds out whether it really is.
ALTER TABLE tasks ADD COLUMN due_ms INTEGER;
ALTER TABLE tasks ADD COLUMN misses TEXT;
UPDATE tasks SET due_ms = submit_deadline_ms WHERE state = 'submitting';
UPDATE tasks SET due_ms = updated_at_ms WHERE state IN ('pending', 'processing') OR (state = 'unknown' AND money = 'held');
DROP INDEX tasks_submitting;
DROP INDEX tasks_with_unknown_hold;
CREATE INDEX tasks_due ON tasks (due_ms) WHERE due_ms IS NOT NULL;
