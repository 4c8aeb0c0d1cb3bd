-- What the scripts share; script.go puts it in front of each of them.
--
-- A lease is three fields of a hash and one member of a sorted set: epoch ('0': nobody has it), owner, lu (good
-- until, ms), and the due time (ms), which under a lease is lu. Releases and announcements both have one.
-- A script writes only after its last refusal: Redis does not take back what a script wrote before an error.

-- clock: the time of this Redis in ms, and in µs. No other clock decides anything.
local function clock()
  local t = redis.call('TIME')
  local s, us = tonumber(t[1]), tonumber(t[2])
  return s * 1000 + math.floor(us / 1000), s * 1000000 + us
end

-- leased: whether the lease on hash is good at now; also who has it and until when.
local function leased(hash, now)
  local h = redis.call('HMGET', hash, 'epoch', 'owner', 'lu')
  local lu = tonumber(h[3] or 0)
  return h[1] and h[1] ~= '0' and lu > now, h[2], lu
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
  local at = redis.call('ZSCORE', due, id)
  if not at then return {'idle'} end
  if tonumber(at) > now then return {'not_due', at} end
  return nil
end

-- take: gives owner the lease on hash for ms and returns the epoch. It follows µs time, so it grows even if a
-- failover lost the last ones; 16 digits are within what a Lua number holds exactly.
local function take(hash, due, counter, id, owner, ms, now, us)
  local last = tonumber(redis.call('GET', counter) or 0)
  local epoch = string.format('%.0f', math.max(last + 1, us))
  local lu = now + tonumber(ms)
  redis.call('SET', counter, epoch)
  redis.call('HSET', hash, 'epoch', epoch, 'owner', owner, 'lu', lu)
  redis.call('ZADD', due, lu, id)
  return epoch
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
