-- How a shard is doing. What is in the lists without being there any more goes on the way, a few at a time.
-- KEYS  1 due  2 unfinished  3 in doubt  4… unfinished tasks of accounts
-- ARGV  1 what the names of tasks begin with
-- Gives {when the first is due, when the oldest unfinished one was admitted, how many are in doubt, what keys 4… hold}; '' where there is nothing.
local function first_of (name)
  for _ = 1, 20 do
    local first = redis.call('ZRANGE', name, 0, 0, 'WITHSCORES')
    if not first[1] then return '' end
    if redis.call('EXISTS', ARGV[1] .. first[1]) == 1 then return first[2] end
    redis.call('ZREM', name, first[1])
  end
  return ''
end

local counts = {}
for place = 4, #KEYS do counts[#counts + 1] = redis.call('GET', KEYS[place]) or '0' end
first_of(KEYS[3])
return { first_of(KEYS[1]), first_of(KEYS[2]), redis.call('ZCARD', KEYS[3]), counts }
