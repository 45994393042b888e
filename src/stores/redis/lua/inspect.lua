-- Reads sums and tasks of one team at one moment.
-- KEYS  1 tasks of the team  2… sums
-- ARGV  1 the question as JSON: prefix, references, the reference after which all tasks are wanted, and of each sum the field, if it is one of a hash
-- Gives {sums, references and tasks in turn}.
local question = cjson.decode(ARGV[1])

local sums = {}
for place, sum in ipairs(question.sums) do
  local name = KEYS[place + 1]
  if sum.field then sums[place] = redis.call('HGET', name, sum.field) else sums[place] = redis.call('GET', name) end
end

local tasks = {}
local function read (ref)
  local task = redis.call('GET', question.prefix .. 'task:' .. ref)
  if not task then return end
  tasks[#tasks + 1] = ref
  tasks[#tasks + 1] = task
end
for _, ref in ipairs(question.refs) do read(ref) end
local from = question.after and redis.call('ZSCORE', KEYS[1], question.after)
for _, ref in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], from and '(' .. from or '-inf', '+inf')) do read(ref) end
return { sums, tasks }
