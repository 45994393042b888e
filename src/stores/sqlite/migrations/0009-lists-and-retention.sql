-- A task's number says when it was admitted, and not how many there are: milliseconds, with 2048 places in each. The order stays as it was.
UPDATE tasks SET number = places.number
  FROM (SELECT ref, max(created_at_ms) OVER (ORDER BY number) * 2048 + row_number() OVER (ORDER BY number) AS number FROM tasks) AS places
  WHERE places.ref = tasks.ref;

-- What operators look for. Most tasks are completed, and are in the list of all.
CREATE INDEX tasks_by_key ON tasks (key_id);
CREATE INDEX tasks_by_state ON tasks (state) WHERE state <> 'completed';
CREATE INDEX usage_days_by_team ON usage_days (team, day);

-- What is kept for some time only. Tasks that never began are kept for less.
CREATE INDEX tasks_settled ON tasks ((state IN ('refused', 'unsent')), updated_at_ms) WHERE money <> 'held';
CREATE INDEX counters_by_window ON counters (per, label);
CREATE INDEX claims_by_expiry ON claims (expires_at_ms);
