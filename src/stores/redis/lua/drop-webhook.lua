-- Removes a webhook and the lists of its deliveries; the deliveries themselves are dropped when they are due, or go by themselves.
-- KEYS  1 webhooks of the team  2… its lists  ARGV  1 id  2 serial. Gives 1, or 0 if it is not there.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or webhook_of(stored).serial ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
return 1
