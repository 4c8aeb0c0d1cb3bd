-- Gives the lease on a release up without a change. A signal that waits makes it due at once.
--
-- KEYS 1 release  2 inbox  3 due
-- ARGV 1 id  2 epoch  3 due again after, ms
-- Returns {'ok'} | {'fenced'}
if fenced(KEYS[1], ARGV[2]) then return {'fenced'} end

local now, after = clock(), tonumber(ARGV[3])
if redis.call('XLEN', KEYS[2]) > 0 then after = 0 end
drop(KEYS[1])
redis.call('ZADD', KEYS[3], 'XX', now + after, ARGV[1])
if after == 0 then wake('r', ARGV[1]) end
return {'ok'}
