-- Test tasks, which cost nothing, go to the simulator, and count in an account of their own.
ALTER TABLE tasks ADD COLUMN mode TEXT NOT NULL DEFAULT 'live';
