-- Ends the lease of a task about which nothing was done, if the task still is as it was when it was claimed.
-- KEYS  1 task  2 look  3 due
-- ARGV  1 the question as JSON.
local question = cjson.decode(ARGV[1])
local task = redis.call('GET', KEYS[1])
if not task or header_of(task).revision ~= question.revision then return end
redis.call('DEL', KEYS[2])
if question.due then redis.call('ZADD', KEYS[3], 'XX', question.due, question.ref) end
