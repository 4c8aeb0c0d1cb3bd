-- Stores a new release, or says why not. All or nothing.
--
-- KEYS 1 target  2 num  3 due  4 active  5 index  6 seen  7 announce  8 bars
-- ARGV 1 prefix of the partition  2 service  3 target  4 event ('' for none)  5 document  6 schema version
--      7 journal entries  8 schema version of announcements  9 how long the event is remembered, ms
--      10 kind: 'deploy' is refused where its version runs already, where there is a lock, and what was taken back before
--      11 version  12 'again': also what was taken back before; else ''
-- Returns {'ok', number, now} | {'held', holder} | {'live', release} | {'locked', lock} | {'barred', bar} | {'lost', id}
--      | {'seen', id, rev, created, sv, document}: the event made that release before.
--
-- The keys of the release depend on the number that is given in here, so they cannot be in KEYS. They are made
-- from the partition's prefix and hence have its hash tag, which puts them in the slot of KEYS.
local prefix, event = ARGV[1], ARGV[4]

if event ~= '' then
  local id = redis.call('GET', KEYS[6])
  if id then
    local h = redis.call('HMGET', prefix .. 'rel:' .. id, 'rev', 'created', 'sv', 'doc')
    if not h[1] then return {'lost', id} end
    return {'seen', id, h[1], h[2], h[3], h[4]}
  end
end
local t = redis.call('HMGET', KEYS[1], 'live', 'runs', 'hold', 'lock')
local deploy, version = ARGV[10] == 'deploy', ARGV[11]
if deploy and t[1] and t[2] == version then return {'live', t[1]} end
if t[3] then return {'held', t[3]} end
if deploy and t[4] then return {'locked', t[4]} end
if deploy and ARGV[12] == '' then
  for _, bar in ipairs(redis.call('LRANGE', KEYS[8], 0, -1)) do
    if version ~= '' and cjson.decode(bar).version == version then return {'barred', bar} end
  end
end

local now = clock()
local number = redis.call('INCR', KEYS[2])
local id = ARGV[2] .. '-' .. string.format('%.0f', number)
local rel = prefix .. 'rel:' .. id

-- First of all: if Redis has lost numbers but not journals, this refuses to write over an older release.
redis.call('XADD', rel .. ':log', '1-0', 'at', now, 'entries', ARGV[7])
redis.call('HSET', rel, 'doc', ARGV[5], 'sv', ARGV[6], 'rev', 1, 'created', now, 'target', ARGV[3],
  'epoch', '0', 'owner', '', 'lu', 0)
redis.call('HSET', KEYS[1], 'hold', id, 'since', now)
redis.call('ZADD', KEYS[3], now, id)
redis.call('ZADD', KEYS[4], now, id)
redis.call('ZADD', KEYS[5], number, id)
redis.call('HSET', rel .. ':ann', 'sv', ARGV[8], 'epoch', '0', 'owner', '', 'lu', 0)
changed(rel .. ':ann', KEYS[7], id, now)
if event ~= '' then redis.call('SET', KEYS[6], id, 'PX', ARGV[9]) end
wake('ra', id)
return {'ok', number, now}
