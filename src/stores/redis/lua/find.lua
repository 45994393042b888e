-- Finds a task of a team by upstream's id, and gives one reader at a time the right to look upstream when it is old.
-- KEYS  1 team  2 key  3 task id
-- ARGV  1 the question as JSON. Gives {'stale'}, {'missing'} or {'found', task, may look}.
local question = cjson.decode(ARGV[1])

if redis.call('HGET', KEYS[1], 'version') ~= question.team_version or redis.call('HGET', KEYS[2], 'version') ~= question.key_version then return { 'stale' } end

local function own_task ()
  local found, newest
  for ref in string.gmatch(redis.call('GET', KEYS[3]) or '', '%S+') do
    local task = redis.call('GET', question.prefix .. 'task:' .. ref)
    if task and header_of(task).team == question.team then found, newest = task, ref end
  end
  return found, newest
end

local task, ref = own_task()
if not task then return { 'missing' } end

local header = header_of(task)
if not header.running or question.now - header.looked_at < question.max_age then return { 'found', task, 0 } end

local look, now = question.prefix .. 'look:' .. ref, clock(question.told_now)
if now < tonumber(redis.call('GET', look) or '0') then return { 'found', task, 0 } end
redis.call('SET', look, string.format('%.0f', now + question.lease), 'PX', question.lease)
return { 'found', task, 1 }
