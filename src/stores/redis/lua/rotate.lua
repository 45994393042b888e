-- Stores the next version of a key and the key that takes its place, both or neither.
-- KEYS  1 key  2 new key  3 keys of the team  4 epoch
-- ARGV  1 who asks, as JSON, with the version that must be stored, and the new key's id  2 version  3 record  4 version of the new key  5 its record
-- Gives how many writes are acknowledged, or 0 if another version is stored.
local about = cjson.decode(ARGV[1])
if redis.call('HGET', KEYS[1], 'version') ~= about.before then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
redis.call('HSET', KEYS[2], 'version', ARGV[4], 'record', ARGV[5])
redis.call('ZADD', KEYS[3], redis.call('ZCARD', KEYS[3]) + 1, about.fresh)
return acknowledge(KEYS[4], about)
