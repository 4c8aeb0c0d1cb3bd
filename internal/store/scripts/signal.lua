-- Puts a signal into the inbox of a release.
--
-- KEYS 1 release  2 inbox  3 due  4 seen  5 announcement  6 announce
-- ARGV 1 id  2 signal  3 event ('' for none)  4 how long the event is remembered, ms
-- Returns {'ok'} | {'seen'} | {'not_found'} | {'ended'}
local id, event = ARGV[1], ARGV[3]

if event ~= '' and redis.call('EXISTS', KEYS[4]) == 1 then return {'seen'} end
local h = redis.call('HMGET', KEYS[1], 'rev', 'ended')
if not h[1] then return {'not_found'} end
if h[2] then return {'ended'} end

local now = clock()
redis.call('XADD', KEYS[2], '*', 'signal', ARGV[2])
if event ~= '' then redis.call('SET', KEYS[4], id, 'PX', ARGV[4]) end
hasten(KEYS[1], KEYS[3], id, now)
changed(KEYS[5], KEYS[6], id, now)
wake('ra', id)
return {'ok'}
