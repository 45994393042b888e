-- Adds to sums that do not hold what their tasks add up to, to each only if it still holds what it was found with.
-- KEYS  sums
-- ARGV  1 what is added, as JSON: of each sum the numbers that it was found with, unless it was not there, those that are added, the field if it is one of a hash, and how long it is kept if it is not there
-- Gives of each sum 1 or 0.
local done = {}

local function is_as_found (held, was)
  if not held or not was then return not held and not was end
  local numbers = numbers_of(held)
  for place, number in ipairs(was) do
    if (numbers[place] or 0) ~= number then return false end
  end
  return true
end

local function correct (name, sum, held)
  local corrected = add(numbers_of(held or ''), sum.add)
  if sum.field then
    redis.call('HSET', name, sum.field, corrected)
    if redis.call('TTL', name) < 0 and sum.ttl then redis.call('PEXPIRE', name, sum.ttl) end
  elseif corrected == '0' then
    redis.call('DEL', name)
  elseif held then
    redis.call('SET', name, corrected, 'KEEPTTL')
  else
    write(name, corrected, sum.ttl)
  end
end

for place, sum in ipairs(cjson.decode(ARGV[1])) do
  local name = KEYS[place]
  local held
  if sum.field then held = redis.call('HGET', name, sum.field) else held = redis.call('GET', name) end
  done[place] = is_as_found(held, sum.was) and 1 or 0
  if done[place] == 1 then correct(name, sum, held) end
end
return done
