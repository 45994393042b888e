-- Finds a task of a team by upstream's id, and says whether whoever asks has to look upstream now.
-- KEYS  1 team  2 key  3 task id
-- ARGV  1 the question as JSON. Gives {'stale'}, {'missing'} or {'found', reference, task, may look}.
local question = cjson.decode(ARGV[1])

if redis.call('HGET', KEYS[1], 'version') ~= question.team_version or redis.call('HGET', KEYS[2], 'version') ~= question.key_version then return { 'stale' } end

local function own_task ()
  local found, newest
  for ref in string.gmatch(redis.call('GET', KEYS[3]) or '', '%S+') do
    local task = redis.call('GET', question.prefix .. 'task:' .. ref)
    if task and header_of(task).team == question.team and (not question.test or is_test(task)) then found, newest = task, ref end
  end
  return found, newest
end

local task, ref = own_task()
if not task then return { 'missing' } end
return { 'found', ref, task, take_look(task, ref, question) }
