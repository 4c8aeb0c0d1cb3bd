-- Stores what people have been shown of a release.
--
-- KEYS 1 announcement  2 announce
-- ARGV 1 id  2 epoch  3 document  4 schema version
--      5 due again after, ms; 'never': not until the release changes; '': keep the lease, from now
-- Returns {'ok'} | {'fenced'}
local ann, id = KEYS[1], ARGV[1]
if fenced(ann, ARGV[2]) then return {'fenced'} end

local now = clock()
redis.call('HSET', ann, 'doc', ARGV[3], 'sv', ARGV[4])
local h = redis.call('HMGET', ann, 'lease', 'changed')
if ARGV[5] == '' then
  local lu = now + tonumber(h[1])
  redis.call('HSET', ann, 'lu', lu)
  redis.call('ZADD', KEYS[2], 'XX', lu, id)
  return {'ok'}
end

drop(ann)
if h[2] ~= '0' or ARGV[5] == '0' then
  redis.call('ZADD', KEYS[2], now, id)
  wake('a', id)
elseif ARGV[5] == 'never' then
  redis.call('ZREM', KEYS[2], id)
else
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[5]), id)
end
return {'ok'}
