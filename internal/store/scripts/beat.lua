-- Prolongs the lease on a release.
--
-- KEYS 1 release  2 inbox  3 due
-- ARGV 1 id  2 epoch  3 lease, ms
-- Returns {'ok', signals waiting} | {'fenced'}
if fenced(KEYS[1], ARGV[2]) then return {'fenced'} end

local lu = clock() + tonumber(ARGV[3])
redis.call('HSET', KEYS[1], 'lu', lu, 'len', ARGV[3])
redis.call('ZADD', KEYS[3], 'XX', lu, ARGV[1])
return {'ok', redis.call('XLEN', KEYS[2])}
