-- Writes a task that the store does not have: one that was lost with its row, or the row of one that was never admitted.
-- KEYS and ARGV are those of admit.lua. Gives {'there', task} or {'written', acknowledged}.
local order = cjson.decode(ARGV[1])

local task = redis.call('GET', TASK)
if task then return { 'there', task } end

enter(order, ARGV[2])
if order.announcement then announce(order.announcement) end
local taken = redis.call('GETDEL', order.prefix .. 'taken:' .. order.ref)
if taken then
  redis.call('LPUSH', LOST, taken)
  redis.call('PEXPIRE', LOST, order.taken_ttl)
end
if order.claim and redis.call('EXISTS', CLAIM) == 0 then write(CLAIM, order.claim, order.claim_ttl) end
return { 'written', acknowledge(EPOCH, order) }
