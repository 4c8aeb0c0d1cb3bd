-- Replaces a release by its next revision, if the epoch is in force and the revision is the one expected.
--
-- KEYS 1 release  2 log  3 inbox  4 due  5 active  6 target  7 index  8 announcement  9 announce
--      10 epoch  11 run  12 gaps  13 bars
-- ARGV 1 id  2 epoch  3 revision expected  4 next revision  5 document  6 schema version  7 journal entries
--      8 last signal consumed ('' for none)  9 due again after, ms ('' to keep the lease)
--      10 '' | 'ended' | 'live': the release has ended; and the target is what it wanted
--      11 target  12 how long what has ended is kept, ms  13 prefix of the partition
--      14 with 'live': the version that the target runs now
--      15 'asked': from now on people have been asked about every gap so far; else ''
--      16 the lock that the end leaves ('' for none)  17 the bar that it leaves ('' for none)
-- Returns {'ok', now, signals waiting, epoch of this write} | {'fenced'} | {'target', target of the release}
--      | {'unheard'}: it would end while a signal waits that it has not consumed
local rel, id, ended = KEYS[1], ARGV[1], ARGV[10]

if fenced(rel, ARGV[2]) then return {'fenced'} end
local h = redis.call('HMGET', rel, 'rev', 'target')
if h[1] ~= ARGV[3] then return {'fenced'} end
if h[2] ~= ARGV[11] then return {'target', h[2]} end
-- Whoever said something before the end was told that it will be done.
local beyond = ARGV[8] == '' and '-' or '(' .. ARGV[8]
if ended ~= '' and #redis.call('XRANGE', KEYS[3], beyond, '+', 'COUNT', 1) > 0 then return {'unheard'} end

local now, us = clock()
-- First of all: the journal's ids are revisions, so Redis itself refuses a second writer of one.
redis.call('XADD', KEYS[2], ARGV[4] .. '-0', 'at', now, 'entries', ARGV[7])
local mark = advance(KEYS[10], KEYS[11], KEYS[12], us)
redis.call('HSET', rel, 'doc', ARGV[5], 'sv', ARGV[6], 'rev', ARGV[4])
if ARGV[15] ~= '' then redis.call('HSET', rel, 'asked', mark) end
if ARGV[8] ~= '' then
  for _, m in ipairs(redis.call('XRANGE', KEYS[3], '-', ARGV[8])) do redis.call('XDEL', KEYS[3], m[1]) end
end
local waiting = redis.call('XLEN', KEYS[3])
changed(KEYS[8], KEYS[9], id, now)

local parts = {'', ':log', ':in', ':ann'}

-- The release that is live is what a rollback starts from: it is kept for as long as it is live. Its
-- predecessor's keys, and those of the index, are made from the prefix: same hash tag, same slot as KEYS.
local function bring_live()
  local former = redis.call('HGET', KEYS[6], 'live')
  if former and former ~= id then
    for _, part in ipairs(parts) do redis.call('PEXPIRE', ARGV[13] .. 'rel:' .. former .. part, ARGV[12]) end
  end
  redis.call('HSET', KEYS[6], 'live', id, 'runs', ARGV[14])
end

-- What a release leaves closes its target for others. A bar that is there already is not doubled.
local function leave()
  if ARGV[16] ~= '' then redis.call('HSET', KEYS[6], 'lock', ARGV[16]) end
  if ARGV[17] ~= '' then
    redis.call('LREM', KEYS[13], 0, ARGV[17])
    redis.call('LPUSH', KEYS[13], ARGV[17])
    redis.call('LTRIM', KEYS[13], 0, 19)
  end
end

local function finish()
  drop(rel)
  redis.call('HSET', rel, 'ended', now)
  redis.call('ZREM', KEYS[4], id)
  redis.call('ZREM', KEYS[5], id)
  if redis.call('HGET', KEYS[6], 'hold') == id then redis.call('HDEL', KEYS[6], 'hold', 'since') end
  leave()
  if ended == 'live' then
    bring_live()
  else
    for _, part in ipairs(parts) do redis.call('PEXPIRE', rel .. part, ARGV[12]) end
  end
  -- One release is added for each that ends, so a look at the sixteen oldest keeps the index free of what expired.
  for _, old in ipairs(redis.call('ZRANGE', KEYS[7], 0, 15)) do
    if redis.call('EXISTS', ARGV[13] .. 'rel:' .. old) == 0 then redis.call('ZREM', KEYS[7], old) end
  end
end

if ended ~= '' then
  finish()
  wake('a', id)
elseif ARGV[9] ~= '' then
  local after = tonumber(ARGV[9])
  if waiting > 0 then after = 0 end
  drop(rel)
  redis.call('ZADD', KEYS[4], now + after, id)
  wake(after == 0 and 'ra' or 'a', id)
else
  wake('a', id)
end
return {'ok', now, waiting, mark}
