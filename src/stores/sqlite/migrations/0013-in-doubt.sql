-- Outcomes that nobody knows and whose price is held: counted again and again.
CREATE INDEX tasks_in_doubt ON tasks (created_at_ms) WHERE state = 'unknown' AND money = 'held';
