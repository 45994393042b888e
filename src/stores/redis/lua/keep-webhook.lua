-- Stores a webhook where there is none, or in the place of the version that it was made from.
-- KEYS  1 webhooks of the team
-- ARGV  1 the question as JSON: id, serial, the version before (0 for none), how many there may be  2 the webhook's value
-- Gives 'stored', 'other' if another version is there, or 'full'.
local question = cjson.decode(ARGV[1])
local stored = redis.call('HGET', KEYS[1], question.id)
local before = stored and webhook_of(stored)
if question.before == 0 then
  if before then return 'other' end
  if redis.call('HLEN', KEYS[1]) >= question.most then return 'full' end
elseif not before or tonumber(before.version) ~= question.before or before.serial ~= question.serial then
  return 'other'
end
redis.call('HSET', KEYS[1], question.id, ARGV[2])
return 'stored'
