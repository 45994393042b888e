-- The right to look upstream at a task: one reader has it at a time, of all gateways.
local function lease_of (ref, question) return tonumber(redis.call('GET', question.prefix .. 'look:' .. ref) or '0') end

-- Whoever has the right is left in peace by the sweep, too.
local function lease (ref, question, now)
  redis.call('SET', question.prefix .. 'look:' .. ref, string.format('%.0f', now + question.lease), 'PX', question.lease)
  redis.call('ZADD', question.prefix .. 'due', 'XX', question.now + question.lease, ref)
end

local function take_look (task, ref, question)
  local header, now = header_of(task), clock(question.told_now)
  if not header.running or question.now - header.looked_at < question.max_age or now < lease_of(ref, question) then return 0 end
  lease(ref, question, now)
  return 1
end
