-- Gives out deliveries that are due, each to one gateway until its lease ends. All by Redis's own clock.
-- KEYS  1 outbox
-- ARGV  1 the question as JSON. Gives for each: team, webhook id, serial, message id, delivery, webhook.
local question = cjson.decode(ARGV[1])
local now, claimed = clock(question.told_now), {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, question.count)) do
  local team, id, serial, message = string.match(member, '^(%S+) (%S+) (%S+) (%S+)$')
  local name = question.prefix .. 'delivery:' .. serial .. ':' .. message
  local webhook = redis.call('HGET', question.prefix .. 'webhooks:' .. team, id)
  local delivery = redis.call('GET', name)
  if not delivery or not webhook or webhook_of(webhook).serial ~= serial then
    redis.call('ZREM', KEYS[1], member)
    redis.call('DEL', name)
  else
    redis.call('ZADD', KEYS[1], now + question.lease, member)
    claimed[#claimed + 1] = { team, id, serial, message, delivery, webhook }
  end
end
return claimed
