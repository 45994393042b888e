-- Gives out tasks about which something must be done, each to one gateway at a time.
-- KEYS  1 due
-- ARGV  1 the question as JSON. Gives references and tasks in turn.
local question = cjson.decode(ARGV[1])
local now, tasks = clock(question.told_now), {}
for _, ref in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', question.now, 'LIMIT', 0, question.count)) do
  local task = redis.call('GET', question.prefix .. 'task:' .. ref)
  if not task then
    redis.call('ZREM', KEYS[1], ref)
  elseif now < lease_of(ref, question) then
    redis.call('ZADD', KEYS[1], question.now + lease_of(ref, question) - now, ref)
  else
    lease(ref, question, now)
    tasks[#tasks + 1] = ref
    tasks[#tasks + 1] = task
  end
end
return tasks
