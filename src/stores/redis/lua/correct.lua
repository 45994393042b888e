-- Adds to sums that do not hold what their tasks add up to.
-- KEYS  sums  ARGV  1 what is added, as JSON: of each sum the numbers, the field if it is one of a hash, and how long it is kept if it is not there
for place, sum in ipairs(cjson.decode(ARGV[1])) do
  local name = KEYS[place]
  if sum.field then
    redis.call('HSET', name, sum.field, add(numbers_of(redis.call('HGET', name, sum.field) or ''), sum.add))
    if redis.call('TTL', name) < 0 and sum.ttl then redis.call('PEXPIRE', name, sum.ttl) end
  else
    local held = redis.call('GET', name)
    if held then redis.call('SET', name, add(numbers_of(held), sum.add), 'KEEPTTL') else write(name, add({}, sum.add), sum.ttl) end
    if redis.call('GET', name) == '0' then redis.call('DEL', name) end
  end
end
return 1
