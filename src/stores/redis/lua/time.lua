-- Redis's clock, where the key lies: seconds and microseconds since 1970.
-- KEYS  1 any
return redis.call('TIME')
