-- What the scripts share; script.go puts it in front of each of them.
--
-- A lease is four fields of a hash and one member of a sorted set: epoch ('0': nobody has it), owner, lu (good
-- until, ms), len (how long it was given for, ms), and the due time (ms), which under a lease is lu. Releases and
-- announcements both have one.
-- A script writes only after its last refusal: Redis does not take back what a script wrote before an error.

-- clock: the time of this Redis in ms, and in µs. No other clock decides anything.
local function clock()
  local t = redis.call('TIME')
  local s, us = tonumber(t[1]), tonumber(t[2])
  return s * 1000 + math.floor(us / 1000), s * 1000000 + us
end

-- leased: whether the lease on hash is good at now; also who has it and until when. One that would last longer than
-- it was given for is not good: the clock has gone back, and a dead owner must not block a roll back for that long.
local function leased(hash, now)
  local h = redis.call('HMGET', hash, 'epoch', 'owner', 'lu', 'len')
  local lu = tonumber(h[3] or 0)
  return h[1] and h[1] ~= '0' and lu > now and lu - now <= tonumber(h[4] or lu), h[2], lu
end

-- refuse: the reply that says why owner may not have the lease on hash at now, or nil if it may. A member of
-- due whose hash is gone is removed: it could never be claimed.
local function refuse(hash, due, id, owner, readable, now)
  local sv = redis.call('HGET', hash, 'sv')
  if not sv then
    redis.call('ZREM', due, id)
    return {'not_found'}
  end
  if tonumber(sv) > tonumber(readable) then return {'newer', sv} end
  local good, who, lu = leased(hash, now)
  if good then
    if who ~= owner then return {'leased', who, lu} end
    return nil
  end
  if lu > now then return nil end
  local at = redis.call('ZSCORE', due, id)
  if not at then return {'idle'} end
  if tonumber(at) > now then return {'not_due', at} end
  return nil
end

-- ahead: how far epochs jump where a gap may be, µs: by more than two servers of Redis differ about the time.
local ahead = 60000000

-- advance: the next epoch of the partition. It follows µs time; 16 digits are within what a Lua number holds exactly.
-- Where another process of Redis gave the one before, that process may have given more, which were lost with it:
-- those lie between the two, and gaps says so. It keeps the newest 32. A Redis that does not tell which process it is
-- has a gap only where the partition is new.
-- counter: last epoch given. run: the process that gave it. gaps: 'last epoch before, first one after', oldest first.
local function advance(counter, run, gaps, us)
  local last = redis.call('GET', counter) or '0'
  local info = redis.pcall('INFO', 'server')
  local me = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
  local known = redis.call('GET', run) == me
  local epoch = string.format('%.0f', math.max(tonumber(last) + 1, us + (known and 0 or ahead)))
  redis.call('SET', counter, epoch)
  if not known then
    redis.call('SET', run, me)
    redis.call('RPUSH', gaps, last .. ' ' .. epoch)
    redis.call('LTRIM', gaps, -32, -1)
  end
  return epoch
end

-- take: gives owner the lease on hash for ms, under epoch.
local function take(hash, due, epoch, id, owner, ms, now)
  local lu = now + tonumber(ms)
  redis.call('HSET', hash, 'epoch', epoch, 'owner', owner, 'lu', lu, 'len', ms)
  redis.call('ZADD', due, lu, id)
end

-- fenced: whether epoch is not the one in force on hash. A lease that has run out is still in force until
-- somebody takes it: time decides who may try, the epoch who may write.
local function fenced(hash, epoch)
  return epoch == '0' or redis.call('HGET', hash, 'epoch') ~= epoch
end

-- drop: nobody has the lease on hash any more.
local function drop(hash)
  redis.call('HSET', hash, 'epoch', '0', 'owner', '', 'lu', 0)
end

-- hasten: somebody must look at id now, unless somebody is looking: a lower due time under a good lease would
-- invite a second owner. LT keeps an overdue id in its place.
local function hasten(hash, due, id, now)
  if not leased(hash, now) then redis.call('ZADD', due, 'LT', now, id) end
end

-- changed: the announcement of id has to be looked at (again).
local function changed(ann, announce, id, now)
  redis.call('HSET', ann, 'changed', 1)
  hasten(ann, announce, id, now)
end

-- wake: a hint that may get lost. what: r release, a announcement, ra both.
local function wake(what, id)
  redis.call('PUBLISH', 'sw:wake', what .. ' ' .. id)
end

-- void: when an attestation, which is 'when it was given, until when it counts (ms), who gave it', stops to count.
local function void(attestation)
  return tonumber(string.match(attestation, '^%d+ (%d+)') or 0)
end
