-- Records a step of a delivery, if it still is as it was when the step was computed.
-- KEYS  1 outbox  2 delivery  3 list that it is in  4 list that it comes to
-- ARGV  1 the step as JSON  2 what attempts change. Gives 1, or 0 if it is not as it was.
local step = cjson.decode(ARGV[1])
local stored = redis.call('GET', KEYS[2])
if not stored then
  redis.call('ZREM', KEYS[1], step.member)
  return 0
end
local state, attempts, number, kept = string.match(stored, '^(%a+) (%d+) (%d+)\n([^\n]*\n[^\n]*)\n')
if state ~= step.state or tonumber(attempts) ~= step.attempts then return 0 end

local header = table.concat({ step.after.state, string.format('%.0f', step.after.attempts), number }, ' ')
redis.call('SET', KEYS[2], table.concat({ header, kept, ARGV[2] }, '\n'), 'PX', step.after.ttl)
if step.after.state ~= state then redis.call('ZREM', KEYS[3], step.id) end
list({ prefix = step.prefix, serial = step.serial, state = step.after.state, number = number, id = step.id, ttl = step.list_ttl })
if step.due then redis.call('ZADD', KEYS[1], step.due, step.member) else redis.call('ZREM', KEYS[1], step.member) end
return 1
