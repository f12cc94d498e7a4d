/**
 * The same windows as `SlidingWindow`, in Redis, by its own clock. A scope has two keys: a hash, whose fields are `n` and `o`
 * (newest and oldest bucket), `r` and `t` (requests and tokens in all), and by bucket modulo the span its requests, and 100 on
 * its tokens, so that a full one stays within the 128 fields that Redis packs; and a sorted set of the calls in flight by the
 * time at which they count as lost. Every key expires.
 */
const windows = `
local bucketMs, buckets = tonumber(ARGV[1]), tonumber(ARGV[2])
local span = buckets + 1
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = math.floor(nowMs / bucketMs)

local function bucketsOf(key, window)
  local fields = {}
  for bucket = window.oldest, window.newest do
    fields[#fields + 1] = bucket % span
    fields[#fields + 1] = 100 + bucket % span
  end
  return redis.call('HMGET', key, unpack(fields))
end

local function empty()
  return { bucket = now, requests = 0, tokens = 0 }
end

local function read(key)
  local head = redis.call('HMGET', key, 'n', 'o', 'r', 't')
  local newest = tonumber(head[1] or nil)
  if not newest then return empty() end
  if newest <= now - span or newest > now + span then
    redis.call('DEL', key)
    return empty()
  end
  local window = {
    bucket = math.max(now, newest), newest = newest, oldest = tonumber(head[2]),
    requests = tonumber(head[3]), tokens = tonumber(head[4])
  }
  if window.oldest > window.bucket - span then return window end
  local counts, gone, at = bucketsOf(key, window), {}, 1
  while window.oldest <= newest do
    local requests, tokens = tonumber(counts[at] or 0), tonumber(counts[at + 1] or 0)
    if window.oldest <= window.bucket - span then
      window.requests = window.requests - requests
      window.tokens = window.tokens - tokens
      gone[#gone + 1] = window.oldest % span
      gone[#gone + 1] = 100 + window.oldest % span
    elseif requests > 0 or tokens > 0 then
      break
    end
    window.oldest = window.oldest + 1
    at = at + 2
  end
  if window.oldest > newest then
    redis.call('DEL', key)
    return empty()
  end
  redis.call('HDEL', key, unpack(gone))
  redis.call('HSET', key, 'o', window.oldest, 'r', window.requests, 't', window.tokens)
  return window
end

local function add(key, window, bucket, requests, tokens)
  if requests ~= 0 then redis.call('HINCRBY', key, bucket % span, requests) end
  if tokens ~= 0 then redis.call('HINCRBY', key, 100 + bucket % span, tokens) end
  window.requests = window.requests + requests
  window.tokens = window.tokens + tokens
  window.oldest = window.oldest or bucket
  window.newest = math.max(window.newest or bucket, bucket)
  redis.call('HSET', key, 'n', window.newest, 'o', window.oldest, 'r', window.requests, 't', window.tokens)
  redis.call('PEXPIRE', key, (span + 1) * bucketMs)
end

local function freeAt(key, window, requests, tokens)
  local counts, at = bucketsOf(key, window), 1
  for bucket = window.oldest, window.newest do
    requests = requests - tonumber(counts[at] or 0)
    tokens = tokens - tonumber(counts[at + 1] or 0)
    if requests <= 0 and tokens <= 0 then return (bucket + span) * bucketMs end
    at = at + 2
  end
  return (window.newest + span) * bucketMs
end

local function inFlight(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs)
  return redis.call('ZCARD', key)
end

local function reply(scopes, exceeded)
  local values = { nowMs, exceeded[1], exceeded[2], exceeded[3] }
  for _, scope in ipairs(scopes) do
    local window = scope.window
    values[#values + 1] = window.requests
    values[#values + 1] = window.tokens
    values[#values + 1] = scope.calls
    values[#values + 1] = window.oldest and (window.oldest + span) * bucketMs or nowMs
    values[#values + 1] = window.bucket
  end
  return values
end

local function scopesFrom(first)
  local scopes = {}
  for index = 1, #KEYS / 2 do
    local at = first + (index - 1) * 4
    local scope = {
      key = KEYS[2 * index - 1], places = KEYS[2 * index], window = empty(), calls = 0,
      requestLimit = tonumber(ARGV[at]), tokenLimit = tonumber(ARGV[at + 1]),
      callLimit = tonumber(ARGV[at + 2]), tokens = tonumber(ARGV[at + 3])
    }
    scope.counts = scope.requestLimit > 0 or scope.tokenLimit > 0
    if scope.counts then scope.window = read(scope.key) end
    if scope.callLimit > 0 then scope.calls = inFlight(scope.places) end
    scopes[index] = scope
  end
  return scopes
end
`;

/** Shape, lease in milliseconds, place; for each scope its three limits (0 = none) and tokens. Everything or nothing. */
export const takeScript = `${windows}
local leaseMs, place = tonumber(ARGV[3]), ARGV[4]
local scopes = scopesFrom(5)
for index, scope in ipairs(scopes) do
  local window = scope.window
  local requestsOver = window.requests + 1 - scope.requestLimit
  if scope.requestLimit > 0 and requestsOver > 0 then
    return reply(scopes, { index, 1, freeAt(scope.key, window, requestsOver, 0) })
  end
  local tokensOver = window.tokens + scope.tokens - scope.tokenLimit
  if scope.tokenLimit > 0 and tokensOver > 0 then
    return reply(scopes, { index, 2, freeAt(scope.key, window, 0, tokensOver) })
  end
  if scope.callLimit > 0 and scope.calls + 1 > scope.callLimit then
    return reply(scopes, { index, 3, 0 })
  end
end
for _, scope in ipairs(scopes) do
  if scope.counts then add(scope.key, scope.window, scope.window.bucket, 1, scope.tokens) end
  if scope.callLimit > 0 then
    redis.call('ZADD', scope.places, nowMs + leaseMs, place)
    redis.call('PEXPIRE', scope.places, leaseMs)
    scope.calls = scope.calls + 1
  end
end
return reply(scopes, { 0, 0, 0 })`;

/** Shape; for each scope its three limits and 0. */
export const readScript = `${windows}
return reply(scopesFrom(3), { 0, 0, 0 })`;

/** Shape, place; for each scope the bucket it was counted in (-1 = none), and requests and tokens more (from now on) or less. */
export const endScript = `${windows}
for index = 1, #KEYS / 2 do
  local key, at = KEYS[2 * index - 1], 4 + (index - 1) * 3
  local bucket, requests, tokens = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  redis.call('ZREM', KEYS[2 * index], ARGV[3])
  if requests > 0 or tokens > 0 then
    local window = read(key)
    add(key, window, window.bucket, requests, tokens)
  elseif bucket >= 0 and (requests < 0 or tokens < 0) then
    local window = read(key)
    if window.oldest and bucket >= window.oldest and bucket <= window.newest then
      local counts = redis.call('HMGET', key, bucket % span, 100 + bucket % span)
      if tonumber(counts[1] or 0) + requests >= 0 and tonumber(counts[2] or 0) + tokens >= 0 then
        add(key, window, bucket, requests, tokens)
      end
    end
  end
end
return 0`;

/** Lease in milliseconds, places: they are in flight for another lease. */
export const renewScript = `
local time = redis.call('TIME')
local untilMs = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], untilMs, ARGV[index]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0`;
