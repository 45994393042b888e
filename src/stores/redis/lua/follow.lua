-- Reads a task, and says whether whoever asks has to look upstream now.
-- KEYS  1 task
-- ARGV  1 the question as JSON. Gives {'missing'} or {'found', task, may look}.
local question = cjson.decode(ARGV[1])
local task = redis.call('GET', KEYS[1])
if not task then return { 'missing' } end
return { 'found', task, take_look(task, question.ref, question) }
