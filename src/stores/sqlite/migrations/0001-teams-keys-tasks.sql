-- Teams and keys as they are written by the admin API; limits and policy are JSON in the form of that API.
CREATE TABLE teams (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  limits TEXT NOT NULL,
  policy TEXT NOT NULL,
  disabled INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  team TEXT NOT NULL REFERENCES teams (id),
  lineage TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  mode TEXT NOT NULL,
  webhooks INTEGER NOT NULL,
  limits TEXT NOT NULL,
  policy TEXT NOT NULL,
  expires_at_ms INTEGER,
  revoked_at_ms INTEGER,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_by_team ON keys (team, number);

-- A task is the entry in the ledger. `counted` names the counters that it was added to, `body` is upstream's last word.
CREATE TABLE tasks (
  number INTEGER PRIMARY KEY,
  ref TEXT NOT NULL UNIQUE,
  task_id TEXT,
  team TEXT NOT NULL,
  key_id TEXT NOT NULL,
  lineage TEXT NOT NULL,
  model TEXT NOT NULL,
  state TEXT NOT NULL,
  money TEXT NOT NULL,
  price_micros INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  credential TEXT,
  body TEXT,
  looks_without_media INTEGER NOT NULL,
  counted TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  looked_at_ms INTEGER NOT NULL,
  look_lease_ms INTEGER NOT NULL,
  submit_deadline_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX tasks_by_task_id ON tasks (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX tasks_by_team ON tasks (team, number);

-- Each counter is the sum of what its tasks contribute.
CREATE TABLE counters (
  scope TEXT NOT NULL,
  owner TEXT NOT NULL,
  per TEXT NOT NULL,
  label TEXT NOT NULL,
  used_tasks INTEGER NOT NULL CHECK (used_tasks >= 0),
  held_tasks INTEGER NOT NULL CHECK (held_tasks >= 0),
  used_micros INTEGER NOT NULL CHECK (used_micros >= 0),
  held_micros INTEGER NOT NULL CHECK (held_micros >= 0),
  PRIMARY KEY (scope, owner, per, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE in_flight (
  scope TEXT NOT NULL,
  owner TEXT NOT NULL,
  tasks INTEGER NOT NULL CHECK (tasks >= 0),
  PRIMARY KEY (scope, owner)
) STRICT, WITHOUT ROWID;

-- Creates that were admitted in the latest minute; unlike the counters above never given back.
CREATE TABLE requests (
  scope TEXT NOT NULL,
  owner TEXT NOT NULL,
  minute TEXT NOT NULL,
  admitted INTEGER NOT NULL,
  PRIMARY KEY (scope, owner)
) STRICT, WITHOUT ROWID;

-- The report for charge-back, by the team's local day of admission.
CREATE TABLE usage_days (
  day TEXT NOT NULL,
  team TEXT NOT NULL,
  lineage TEXT NOT NULL,
  model TEXT NOT NULL,
  tasks INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  spent_micros INTEGER NOT NULL,
  held_micros INTEGER NOT NULL,
  refunded_micros INTEGER NOT NULL,
  PRIMARY KEY (day, team, lineage, model)
) STRICT, WITHOUT ROWID;
