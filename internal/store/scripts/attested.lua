-- Lists what people have attested about a target. Changes nothing.
--
-- KEYS 1 attestations
-- ARGV 1 how long an attestation is kept once it is void, ms
-- Returns {item, attestation, item, attestation, …}
local now, list, h = clock(), {}, redis.call('HGETALL', KEYS[1])
for i = 1, #h, 2 do
  if void(h[i + 1]) + tonumber(ARGV[1]) > now then
    list[#list + 1] = h[i]
    list[#list + 1] = h[i + 1]
  end
end
return list
