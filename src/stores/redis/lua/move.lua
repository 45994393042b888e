-- Takes one step of a task, if it still is as it was when the step was computed.
-- KEYS  1 epoch  2 task  3 due  4 look  5 claim  6 task id  7 usage  8 9 in flight of team and key  10… counters
-- ARGV  1 the step as JSON  2 header  3 first answer, or empty to keep it  4 what changes
-- Gives {'missing'}, {'moved', task} or {'done', acknowledged}.
local EPOCH, TASK, DUE, LOOK, CLAIM, TASK_ID, USAGE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local IN_FLIGHT, COUNTERS_FROM = { KEYS[8], KEYS[9] }, 10
local step = cjson.decode(ARGV[1])

local stored = redis.call('GET', TASK)
if not stored then return { 'missing' } end
if header_of(stored).revision ~= step.revision then return { 'moved', stored } end

local fixed, answer = string.match(stored, '^[^\n]*\n([^\n]*)\n([^\n]*)\n')
if ARGV[3] ~= '' then answer = ARGV[3] end
write(TASK, ARGV[2] .. '\n' .. fixed .. '\n' .. answer .. '\n' .. ARGV[4], step.ttl)
redis.call('DEL', LOOK)
if step.due then redis.call('ZADD', DUE, step.due, step.ref) else redis.call('ZREM', DUE, step.ref) end

-- Counters that have expired are not begun anew.
if step.tallies then
  for place = COUNTERS_FROM, #KEYS do
    local sums = redis.call('GET', KEYS[place])
    if sums then redis.call('SET', KEYS[place], add(numbers_of(sums), step.tallies), 'KEEPTTL') end
  end
end
if step.in_flight ~= 0 then
  for _, name in ipairs(IN_FLIGHT) do
    if redis.call('INCRBY', name, step.in_flight) <= 0 then redis.call('DEL', name) end
  end
end
if step.figures then
  local figures = redis.call('HGET', USAGE, step.usage_field)
  if figures then redis.call('HSET', USAGE, step.usage_field, add(numbers_of(figures), step.figures)) end
end

if step.unknown then list_unknown(step.unknown) end
if step.standing then stand(step.standing) end
if step.leads then lead_to(TASK_ID, step) end

if step.claim and string.find(redis.call('GET', CLAIM) or '', step.ref .. ' ', 1, true) == 1 then
  if step.claim == 'keep' then redis.call('PEXPIRE', CLAIM, step.claim_ttl) else redis.call('DEL', CLAIM) end
end
if step.announcement then announce(step.announcement) end
if step.moves then redis.call('PUBLISH', step.moves, step.ref) end
return { 'done', acknowledge(EPOCH, step) }
