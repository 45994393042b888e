-- Decides about an order, and if it may begin writes the task, its hold and all its counters.
-- KEYS  1 epoch  2 task  3 due  4 number  5 index  6 usage  7 usage days  8 9 in flight of team and key
--       10 11 minute of team and key  12 claim  13 lost answers  14 team  15 key  16… counters
-- ARGV  1 the order as JSON  2 the task's value
-- Gives {'late'}, {'tell'} to be asked again with the messages of its alerts, {'epoch', id, confirmed id, lost}, {'stale'}, {'repeats', lost, reference, task}, or
--       {'admitted' or 'refused', acknowledged, what keys 8 to 11 and the counters held before}.
local order = cjson.decode(ARGV[1])

if redis.call('EXISTS', TASK) == 1 or clock(order.told_now) > order.not_after then return { 'late' } end

local epoch = redis.call('HMGET', EPOCH, 'id', 'confirmed', 'lost', order.instance)
local lost_some = epoch[1] == order.epoch and tonumber(epoch[4] or '0') < order.acknowledged
if lost_some then redis.call('HSET', EPOCH, 'lost', '1') end
if lost_some or epoch[1] ~= order.epoch or epoch[3] then return { 'epoch', epoch[1] or '', epoch[2] or '', (lost_some or epoch[3]) and 1 or 0 } end

if redis.call('HGET', TEAM, 'version') ~= order.team_version or redis.call('HGET', KEY, 'version') ~= order.key_version then return { 'stale' } end

local function task_of (ref) return redis.call('GET', order.prefix .. 'task:' .. ref) end

-- The task that the Idempotency-Key stands for, as long as it does.
local function claimed ()
  local claim = redis.call('GET', CLAIM)
  if not claim then return nil end
  local ref, expires = string.match(claim, '^(%S+) (%w+)$')
  local task = task_of(ref)
  if not task then return nil end
  local precedent = header_of(task).precedent
  if precedent == 'void' or (precedent ~= 'open' and order.now >= tonumber(expires, 36)) then return nil end
  return ref, task
end

-- The oldest lost task that there is something to say of; the others are dropped on the way.
local function taken_over ()
  while true do
    local entry = redis.call('LPOP', LOST)
    if not entry then return nil end
    local ref, expires = string.match(entry, '^(%S+) (%d+)$')
    local task = order.now < tonumber(expires) and task_of(ref)
    local precedent = task and header_of(task).precedent
    if precedent == 'open' or precedent == 'answered' then
      -- If nobody hears of this, the order is retracted, and the task is there for the next one again.
      redis.call('SET', order.prefix .. 'taken:' .. order.ref, entry, 'PX', order.taken_ttl)
      return ref, task
    end
  end
end

if order.claim then
  local ref, task = claimed()
  if task then return { 'repeats', 0, ref, task } end
elseif not order.preview then
  local ref, task = taken_over()
  if task then return { 'repeats', 1, ref, task } end
end

local held = redis.call('MGET', IN_FLIGHT[1], IN_FLIGHT[2], MINUTES[1], MINUTES[2], unpack(counter_names()))
local tallies = tallies_of({ unpack(held, 5) })

local function fits ()
  for place = 1, 2 do
    local in_flight, requests = order.in_flight[place], order.requests[place]
    if in_flight >= 0 and tonumber(held[place] or '0') + 1 > in_flight then return false end
    if requests >= 0 and tonumber(held[place + 2] or '0') + 1 > requests then return false end
  end
  for place, used in ipairs(tallies) do
    local tasks, micros = limits_of(order, place)
    if tasks >= 0 and (used[1] or 0) + 1 > tasks then return false end
    if micros >= 0 and (used[3] or 0) + order.price > micros then return false end
  end
  return true
end

-- The marks that this order takes windows to, if anybody hears of them. Six numbers are a mark: its alert, percentage and amount; the counter, which of its numbers, and what the order adds to that.
local function crossings ()
  local found, marks = {}, order.marks
  for from = 1, #marks, 6 do
    local at, used = marks[from + 2], tallies[marks[from + 3]][marks[from + 4]] or 0
    if used < at and used + marks[from + 5] >= at then found[#found + 1] = { place = marks[from], percent = marks[from + 1] } end
  end
  return #found > 0 and redis.call('EXISTS', order.prefix .. 'webhooks:' .. order.team) == 1 and found or {}
end

if not fits() then return { 'refused', 0, held } end
if order.preview then return { 'admitted', 0, held } end

local crossed = crossings()
if #crossed > 0 and not order.messages then return { 'tell' } end

enter(order, ARGV[2], tallies)
if order.claim then redis.call('SET', CLAIM, order.claim) end
for _, name in ipairs(MINUTES) do
  if redis.call('INCR', name) == 1 then redis.call('PEXPIRE', name, order.minute_ttl) end
end
for _, crossing in ipairs(crossed) do
  local message = order.messages[crossing.place]
  announce({
    prefix = message.prefix, team = message.team, type = message.type, at = message.at, ttl = message.ttl,
    id = message.id .. crossing.percent, payload = message.payload .. crossing.percent .. '}}'
  })
end
return { 'admitted', count_write(EPOCH, order.instance), held }
