-- What all scripts share: how values are written.

-- A task is four lines: a header for scripts; what never changes; the first answer; what changes, which may have any byte in it.
-- The header: revision, when it was looked at, team, and two letters: what it is to repetitions, and its state.
local PRECEDENTS = { o = 'open', a = 'answered', d = 'deleted', r = 'released', v = 'void' }

local function header_of (task)
  local revision, looked_at, team, precedent, state = string.match(task, '^(%d+) (%w+) (%S+) (%l)(%u)\n')
  return { revision = tonumber(revision), precedent = PRECEDENTS[precedent], running = state == 'P' or state == 'R', looked_at = tonumber(looked_at, 36), team = team }
end

-- Whether a test key began it: the ninth word of what never changes.
local function is_test (task) return string.find(task, '^[^\n]*\n%S+ %S+ %S+ %S+ %S+ %S+ %w+ %-?%w+ t[ \n]') ~= nil end

-- Numbers in one value are whole and separated by spaces.
local function numbers_of (text)
  local numbers = {}
  for number in string.gmatch(text or '', '%-?%d+') do numbers[#numbers + 1] = tonumber(number) end
  return numbers
end

-- So many whole numbers.
local FORMATS = {}
local function format_of (count)
  FORMATS[count] = FORMATS[count] or string.sub(string.rep(' %.0f', count), 2)
  return FORMATS[count]
end

local function add (numbers, moved)
  local sums = {}
  for place = 1, #moved do sums[place] = (numbers[place] or 0) + moved[place] end
  return string.format(format_of(#moved), unpack(sums))
end

-- Redis's own clock, unless a test tells the time.
local function clock (told)
  if told then return told end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Counts what an instance was acknowledged, where that has just been compared.
local function count_write (epoch, instance) return redis.call('HINCRBY', epoch, instance, 1) end

-- Counts what an instance was acknowledged. If the shard counts less than the instance remembers, something is lost.
local function acknowledge (epoch, about)
  local known = redis.call('HMGET', epoch, 'id', about.instance)
  if known[1] == about.epoch and tonumber(known[2] or '0') < about.acknowledged then redis.call('HSET', epoch, 'lost', '1') end
  return count_write(epoch, about.instance)
end

-- Without a time to live, a value stays.
local function write (name, value, ttl)
  if ttl then redis.call('SET', name, value, 'PX', ttl) else redis.call('SET', name, value) end
end

-- Upstream's id leads to the references of all tasks that it was given to.
local function lead_to (name, task)
  local refs = redis.call('GET', name) or ''
  if not string.find(refs, task.ref, 1, true) then refs = refs == '' and task.ref or refs .. ' ' .. task.ref end
  write(name, refs, task.ttl)
end

-- Numbers grow with time and are unique in the shard: milliseconds, and 2048 places in each.
local function next_number (name, created)
  local number = math.max(tonumber(redis.call('GET', name) or '0') + 1, created * 2048)
  redis.call('SET', name, string.format('%.0f', number))
  return string.format('%.0f', number)
end

-- Tasks whose outcome is unknown have a list of their own, with the numbers of the list of all: they are rare, and looked for.
-- Rows go by themselves; their places go when another one comes, a few at a time.
local function list_unknown (task)
  local tasks, unknown = task.prefix .. 'tasks:' .. task.team, task.prefix .. 'unknown:' .. task.team
  local number = task.is_unknown and redis.call('ZSCORE', tasks, task.ref)
  if not number then
    redis.call('ZREM', unknown, task.ref)
    return
  end
  for _, ref in ipairs(redis.call('ZRANGE', unknown, 0, 2)) do
    if redis.call('EXISTS', task.prefix .. 'task:' .. ref) == 0 then redis.call('ZREM', unknown, ref) end
  end
  redis.call('ZADD', unknown, number, task.ref)
  redis.call('PEXPIRE', unknown, task.ttl)
end

-- Tasks that are unfinished, and those whose outcome is unknown and whose price is held, have lists of the whole shard: they are counted again and again.
local function stand (task)
  if task.from then redis.call('ZREM', task.from, task.ref) end
  if task.to then redis.call('ZADD', task.to, task.admitted, task.ref) end
end
