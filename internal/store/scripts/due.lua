-- Names what is due, most overdue first. Changes nothing.
--
-- KEYS 1 due or announce
-- ARGV 1 limit
-- Returns {id, due since (ms), id, due since, …}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
