-- Writes a new task into everything that knows of it. KEYS and ARGV are those of admit.lua.
local EPOCH, TASK, DUE, NUMBER, INDEX, USAGE, DAYS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local IN_FLIGHT, MINUTES = { KEYS[8], KEYS[9] }, { KEYS[10], KEYS[11] }
local CLAIM, LOST, TEAM, KEY = KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local COUNTERS_FROM = 16

-- Limits on tasks and micro-dollars of each counter, -1 for none, and how long it is kept, 0 for ever: three numbers each.
local function limits_of (order, place) return order.counters[3 * place - 2], order.counters[3 * place - 1], order.counters[3 * place] end

local function counter_names ()
  local names = {}
  for place = COUNTERS_FROM, #KEYS do names[#names + 1] = KEYS[place] end
  return names
end

-- The four numbers of each counter, or none of one that is not there.
local function tallies_of (values)
  local tallies = {}
  for place = 1, #KEYS - COUNTERS_FROM + 1 do
    local used_tasks, held_tasks, used_micros, held_micros = string.match(values[place] or '', '^(%-?%d+) (%-?%d+) (%-?%d+) (%-?%d+)$')
    tallies[place] = used_tasks and { tonumber(used_tasks), tonumber(held_tasks), tonumber(used_micros), tonumber(held_micros) } or {}
  end
  return tallies
end

-- What the counters hold, if it is known, need not be read again.
local function count (order, tallies)
  for place, tally in ipairs(tallies or tallies_of(redis.call('MGET', unpack(counter_names())))) do
    local _, _, ttl = limits_of(order, place)
    write(KEYS[COUNTERS_FROM + place - 1], add(tally, order.tallies), ttl > 0 and ttl)
  end
  if order.in_flight_added ~= 0 then
    for _, name in ipairs(IN_FLIGHT) do redis.call('INCRBY', name, order.in_flight_added) end
  end
  local figures = redis.call('HGET', USAGE, order.usage_field)
  redis.call('HSET', USAGE, order.usage_field, add(numbers_of(figures), order.figures))
  -- A day has two days to spare: it need not be kept for longer with each of its tasks.
  if not figures then redis.call('PEXPIRE', USAGE, order.usage_ttl) end
  if redis.call('ZADD', DAYS, 0, order.usage_day) == 1 then redis.call('ZREMRANGEBYLEX', DAYS, '-', '(' .. order.oldest_day) end
end

-- Rows are gone some time after they settled; their places in the list go when somebody enters, a few at a time, not always the oldest:
-- these may be of tasks that have not settled.
local function trim (order)
  for _, ref in ipairs(redis.call('ZRANGEBYSCORE', INDEX, '-inf', order.trim_below, 'LIMIT', order.created % 5 * 3, 3)) do
    if redis.call('EXISTS', order.prefix .. 'task:' .. ref) == 0 then redis.call('ZREM', INDEX, ref) end
  end
end

-- What is written late is numbered as if it were new: lists by time must not pass it over.
local function note_late (order, number)
  local ahead = math.floor(number / 2048) + 1 - order.created
  if ahead <= order.late_after then return end
  local name = order.prefix .. 'late:' .. order.team
  write(name, string.format('%.0f', math.max(ahead, tonumber(redis.call('GET', name) or '0'))), order.index_ttl)
end

local function enter (order, value, tallies)
  write(TASK, value, order.ttl)
  trim(order)
  local number = next_number(NUMBER, order.created)
  redis.call('ZADD', INDEX, number, order.ref)
  note_late(order, tonumber(number))
  redis.call('PEXPIRE', INDEX, order.index_ttl)
  if order.unknown then list_unknown(order.unknown) end
  if order.standing then stand(order.standing) end
  if order.due then redis.call('ZADD', DUE, order.due, order.ref) end
  if order.task_id then lead_to(order.prefix .. 'id:' .. order.task_id, order) end
  if order.counts then count(order, tallies) end
end
