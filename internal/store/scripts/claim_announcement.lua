-- Makes owner bring the announcement of a release up to date.
--
-- KEYS 1 announcement  2 announce  3 epoch  4 run  5 gaps
-- ARGV 1 id  2 owner  3 lease, ms  4 newest schema version that owner reads
-- Returns {'ok', epoch, now, sv, document ('' at first)} | as claim.lua
local now, us = clock()
local no = refuse(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[4], now)
if no then return no end

local epoch = advance(KEYS[3], KEYS[4], KEYS[5], us)
take(KEYS[1], KEYS[2], epoch, ARGV[1], ARGV[2], ARGV[3], now)
redis.call('HSET', KEYS[1], 'lease', ARGV[3], 'changed', 0)
local h = redis.call('HMGET', KEYS[1], 'sv', 'doc')
return {'ok', epoch, now, h[1], h[2] or ''}
