-- Stores a team or key in the place of the version that it was made from.
-- KEYS  1 record  2 epoch
-- ARGV  1 who asks, as JSON, with the version that must be stored, or none  2 version  3 record as JSON
-- Gives how many writes are acknowledged, or 0 if another version is stored.
local about = cjson.decode(ARGV[1])
if (redis.call('HGET', KEYS[1], 'version') or 'none') ~= (about.before or 'none') then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return acknowledge(KEYS[2], about)
