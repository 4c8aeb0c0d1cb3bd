-- Clears the lock of a target, if it is the one that a certain release left.
--
-- KEYS 1 target  2 seen
-- ARGV 1 release that left the lock  2 event ('' for none)  3 how long the event is remembered, ms
-- Returns {'ok'} | {'seen'} | {'none'}: there is no lock | {'other', lock}: another release left it
local left, event = ARGV[1], ARGV[2]

if event ~= '' and redis.call('EXISTS', KEYS[2]) == 1 then return {'seen'} end
local lock = redis.call('HGET', KEYS[1], 'lock')
if not lock then return {'none'} end
if cjson.decode(lock).release ~= left then return {'other', lock} end

redis.call('HDEL', KEYS[1], 'lock')
if event ~= '' then redis.call('SET', KEYS[2], left, 'PX', ARGV[3]) end
return {'ok'}
