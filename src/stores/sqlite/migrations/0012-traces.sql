-- Where a look is linked to the create: the traceparent of the request, if it was recorded.
ALTER TABLE tasks ADD COLUMN trace TEXT;
