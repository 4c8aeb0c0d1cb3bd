-- Keeps what a person attests about a target, and forgets what has been void for long.
--
-- KEYS 1 attestations  2 seen
-- ARGV 1 target  2 event ('' for none)  3 how long the event is remembered, ms
--      4 how long an attestation is kept once it is void, ms  5 who  6… item, how long it counts, ms
-- Returns {'ok'} | {'seen'}
local all, event, keep = KEYS[1], ARGV[2], tonumber(ARGV[4])

if event ~= '' and redis.call('EXISTS', KEYS[2]) == 1 then return {'seen'} end

local now = clock()
for i = 6, #ARGV, 2 do
  local til = string.format('%.0f', now + tonumber(ARGV[i + 1]))
  redis.call('HSET', all, ARGV[i], string.format('%.0f', now) .. ' ' .. til .. ' ' .. ARGV[5])
end
local last, h = 0, redis.call('HGETALL', all)
for i = 1, #h, 2 do
  local til = void(h[i + 1])
  if til + keep <= now then redis.call('HDEL', all, h[i]) else last = math.max(last, til) end
end
redis.call('PEXPIREAT', all, string.format('%.0f', last + keep))
if event ~= '' then redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3]) end
return {'ok'}
