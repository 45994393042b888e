-- Counts calls in a window that begins with the first of them.
-- KEYS  1 the count
-- ARGV  1 how many calls, and how long the window is, as JSON. Gives how many there are now, and in how many milliseconds the window ends.
local about = cjson.decode(ARGV[1])
local current, ends_in = redis.call('INCRBY', KEYS[1], about.calls), redis.call('PTTL', KEYS[1])
if ends_in < 0 then
  ends_in = about.window
  redis.call('PEXPIRE', KEYS[1], ends_in)
end
return { current, ends_in }
