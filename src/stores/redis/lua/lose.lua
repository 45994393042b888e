-- Lets the next equal request take over a task that nobody was answered for.
-- KEYS  1 lost answers  2 task  ARGV  1 reference  2 until when, in milliseconds since 1970  3 how long that is
local task = redis.call('GET', KEYS[2])
local precedent = task and header_of(task).precedent
if not task or precedent == 'void' or precedent == 'released' then return 0 end
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if string.find(entry, ARGV[1] .. ' ', 1, true) == 1 then return 0 end
end
redis.call('RPUSH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
