-- Where teams want to be told of what. The secrets are kept as they are: messages are signed with them.
CREATE TABLE webhooks (
  serial TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  team TEXT NOT NULL REFERENCES teams (id),
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_ends_ms INTEGER,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  UNIQUE (team, id)
) STRICT;

-- What each of them is told, once a message. Written in the transaction of the step that it is about.
CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY,
  serial TEXT NOT NULL REFERENCES webhooks (serial) ON DELETE CASCADE,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  attempts_before INTEGER NOT NULL,
  last_status INTEGER,
  last_error TEXT,
  created_at_ms INTEGER NOT NULL,
  due_ms INTEGER,
  lease_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  UNIQUE (serial, id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX deliveries_by_webhook ON deliveries (serial, number);
CREATE INDEX deliveries_by_state ON deliveries (serial, state, number);
CREATE INDEX deliveries_ended ON deliveries (state, ended_at_ms) WHERE ended_at_ms IS NOT NULL;
