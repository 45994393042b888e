-- What the webhooks of a team are told: a delivery for each that wants it, written in the step that it is about.
-- A webhook is two lines: a header for scripts (version, whether it is enabled, serial, events), and the rest.
-- A delivery is four lines: a header (state, attempts, number), type and time, payload, and what attempts change.

local function webhook_of (record)
  local version, enabled, serial, events = string.match(record, '^(%d+) (%d) (%S+) (%S+)\n')
  return { version = version, enabled = enabled == '1', serial = serial, events = ',' .. events .. ',' }
end

-- Rows go by themselves; their places in the list go when another comes in, a few at a time.
local function list (place)
  local name = place.prefix .. 'deliveries:' .. place.serial .. ':' .. place.state
  for _, id in ipairs(redis.call('ZRANGE', name, 0, 2)) do
    if redis.call('EXISTS', place.prefix .. 'delivery:' .. place.serial .. ':' .. id) == 0 then redis.call('ZREM', name, id) end
  end
  redis.call('ZADD', name, place.number, place.id)
  redis.call('PEXPIRE', name, place.ttl)
end

-- Tells one webhook, of each message once. A new delivery is due before all that have failed.
local function tell (id, serial, message)
  local name = message.prefix .. 'delivery:' .. serial .. ':' .. message.id
  if redis.call('EXISTS', name) == 1 then return end
  local number = next_number(message.prefix .. 'number', message.at)
  local lines = { 'pending 0 ' .. number, message.type .. ' ' .. string.format('%.0f', message.at), message.payload, '{}' }
  redis.call('SET', name, table.concat(lines, '\n'), 'PX', message.ttl)
  list({ prefix = message.prefix, serial = serial, state = 'pending', number = number, id = message.id, ttl = message.ttl })
  redis.call('ZADD', message.prefix .. 'outbox', 0, table.concat({ message.team, id, serial, message.id }, ' '))
end

-- Of a team without webhooks this asks for one key that is not there.
local function announce (message)
  local records = redis.call('HGETALL', message.prefix .. 'webhooks:' .. message.team)
  for place = 1, #records, 2 do
    local webhook = webhook_of(records[place + 1])
    if webhook.enabled and string.find(webhook.events, ',' .. message.type .. ',', 1, true) then tell(records[place], webhook.serial, message) end
  end
end
