-- Walks down a list of tasks, the newest first, and finds those whose values have all of the marks in them, and are of test keys if that is asked. It changes nothing.
-- KEYS  1 list
-- ARGV  1 the question as JSON: from where to where, how many are wanted, how many are walked at most, marks, whether of test keys,
--         and before when they were created
-- Gives the number that was walked to, or '' at the end of the list, and then reference and number of each.
local question = cjson.decode(ARGV[1])
local walked = redis.call('ZREVRANGEBYSCORE', KEYS[1], question.most, question.least, 'WITHSCORES', 'LIMIT', 0, question.walked)
local found = { '' }

-- The seventh word of what never changes.
local function created_at (task) return tonumber(string.match(task, '\n%S+ %S+ %S+ %S+ %S+ %S+ (%w+) '), 36) end

local function is_wanted (task)
  -- What was numbered late is older than its place in the list.
  if question.created_below and created_at(task) >= question.created_below then return false end
  if question.test and not is_test(task) then return false end
  for _, mark in ipairs(question.marks) do
    if not string.find(task, mark, 1, true) then return false end
  end
  return true
end

for place = 1, #walked, 2 do
  local task = redis.call('GET', question.prefix .. 'task:' .. walked[place])
  if task and is_wanted(task) then
    found[#found + 1] = walked[place]
    found[#found + 1] = walked[place + 1]
  end
  if #found > 2 * question.wanted or place + 2 > 2 * question.walked then
    found[1] = walked[place + 1]
    break
  end
end
return found
