-- Idempotency keys: which task one stands for, and what its first call was answered.
CREATE TABLE claims (
  team TEXT NOT NULL,
  model TEXT NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  ref TEXT NOT NULL UNIQUE,
  answer TEXT,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (team, model, name)
) STRICT;

-- Tasks whose caller went away unanswered: the next equal request of the same key takes the oldest one over.
CREATE TABLE lost_answers (
  number INTEGER PRIMARY KEY,
  key_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  ref TEXT NOT NULL UNIQUE,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX lost_answers_by_request ON lost_answers (key_id, fingerprint, number);

CREATE INDEX tasks_submitting ON tasks (submit_deadline_ms) WHERE state = 'submitting';
CREATE INDEX tasks_with_unknown_hold ON tasks (updated_at_ms) WHERE state = 'unknown' AND money = 'held';
