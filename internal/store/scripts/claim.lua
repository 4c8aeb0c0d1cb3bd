-- Makes owner drive a release.
--
-- KEYS 1 release  2 inbox  3 due  4 epoch  5 run  6 gaps
-- ARGV 1 id  2 owner  3 lease, ms  4 newest schema version that owner reads
-- Returns {'ok', epoch, now, signals waiting, rev, created, sv, document, epoch of the last asking, gaps}
--      | {'not_found'} | {'newer', sv} | {'leased', owner, until} | {'not_due', at} | {'idle'}
local now, us = clock()
local no = refuse(KEYS[1], KEYS[3], ARGV[1], ARGV[2], ARGV[4], now)
if no then return no end

local epoch = advance(KEYS[4], KEYS[5], KEYS[6], us)
take(KEYS[1], KEYS[3], epoch, ARGV[1], ARGV[2], ARGV[3], now)
local h = redis.call('HMGET', KEYS[1], 'rev', 'created', 'sv', 'doc', 'asked')
return {'ok', epoch, now, redis.call('XLEN', KEYS[2]), h[1], h[2], h[3], h[4], h[5] or '0', redis.call('LRANGE', KEYS[6], 0, -1)}
