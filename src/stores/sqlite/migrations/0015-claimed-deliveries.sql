-- What nobody has claimed is given out before what was claimed and not begun.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (lease_ms, due_ms) WHERE due_ms IS NOT NULL;
