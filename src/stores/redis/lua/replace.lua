-- Stores a team or key in the place of the version that it was made from.
-- KEYS  1 record  ARGV  1 version that must be stored, or "none"  2 version  3 record as JSON. Gives 1, or 0 if another version is stored.
if (redis.call('HGET', KEYS[1], 'version') or 'none') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return 1
