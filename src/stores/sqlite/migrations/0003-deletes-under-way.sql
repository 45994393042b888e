-- A delete that was sent: what it would mean for the price if upstream has done it and the answer was lost.
ALTER TABLE tasks ADD COLUMN deleting TEXT;
