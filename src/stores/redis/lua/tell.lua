-- Tells one webhook, whatever it wants.
-- KEYS  1 webhooks of the team  ARGV  1 the message as JSON  2 the webhook's id  3 its serial
tell(ARGV[2], ARGV[3], cjson.decode(ARGV[1]))
return 1
