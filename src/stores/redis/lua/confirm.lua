-- Begins a new epoch of a shard: what it holds is accepted, whatever it has lost. Counts begin anew.
-- KEYS  1 epoch
-- ARGV  1 the new id  2 the id that the gateway remembers
-- Epochs that have been confirmed are remembered, a few of them, for gateways that have heard of none since.
local REMEMBERED = 20
local confirmed = {}
for id in string.gmatch(redis.call('HGET', KEYS[1], 'confirmed') or '', '%S+') do confirmed[#confirmed + 1] = id end
confirmed[#confirmed + 1] = ARGV[2]
for _, id in ipairs(redis.call('HMGET', KEYS[1], 'replaced', 'id')) do
  if id and id ~= ARGV[2] then confirmed[#confirmed + 1] = id end
end
while #confirmed > REMEMBERED do table.remove(confirmed, 1) end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'confirmed', table.concat(confirmed, ' '))
return 1
