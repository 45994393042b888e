-- Writes an entry of the audit trail, and drops those that are too old.
-- KEYS  1 audit  ARGV  1 how long entries are kept, in milliseconds  2 the entry as JSON
local now = redis.call('TIME')[1] * 1000
return redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(0, now - ARGV[1])), '*', 'entry', ARGV[2])
