-- Replaces a release that has ended by one with one more note, if it is still at the revision that was read. A call
-- that expects no revision only reads: the note needs the time of this Redis before it can be written.
--
-- KEYS 1 release  2 log  3 seen  4 announcement  5 announce
-- ARGV 1 id  2 event ('' for none)  3 how long the event is remembered, ms  4 revision expected ('' to read)
--      5 next revision  6 document  7 schema version  8 journal entries
-- Returns {'ok'} | {'not_found'} | {'running'} | {'seen', now, rev, created, sv, document}
--      | {'read', now, rev, created, sv, document}: nothing was written, this is what is there
--
-- Every key keeps the time to live that it has: HSET and XADD do not touch it.
local rel, id, event = KEYS[1], ARGV[1], ARGV[2]

local h = redis.call('HMGET', rel, 'rev', 'created', 'sv', 'doc', 'ended')
if not h[1] then return {'not_found'} end
local now = clock()
if event ~= '' and redis.call('EXISTS', KEYS[3]) == 1 then return {'seen', now, h[1], h[2], h[3], h[4]} end
if not h[5] then return {'running'} end
if h[1] ~= ARGV[4] then return {'read', now, h[1], h[2], h[3], h[4]} end

-- First of all, as in commit.lua: the journal refuses a second writer of a revision.
redis.call('XADD', KEYS[2], ARGV[5] .. '-0', 'at', now, 'entries', ARGV[8])
redis.call('HSET', rel, 'doc', ARGV[6], 'sv', ARGV[7], 'rev', ARGV[5])
if event ~= '' then redis.call('SET', KEYS[3], id, 'PX', ARGV[3]) end
changed(KEYS[4], KEYS[5], id, now)
wake('a', id)
return {'ok'}
