"""The Lua scripts: everything that has to be decided once for all processes.

    breakers                     hash   breaker → its state as JSON; absent is CLOSED, never opened
    breaker:<name>:window        string of outcome digits (COUNT_BASED)
    breaker:<name>:seconds       hash   second → calls,failures,slow (TIME_BASED)
    breaker:<name>:opened        string of the outcome digits that opened it last (COUNT_BASED)
    breaker:<name>:leases        zset   token of a probe → when it no longer counts
    breaker:<name>:shares        hash   process → last call, last failure; only with minimum_share_of_processes

Times are milliseconds of Valkey's own clock: no two processes need to agree on one. A generation is such a time,
raised where needed so that it always rises; it rises past a flush, too.
"""

# ARGV of every script: 1 name, 2 configuration as JSON, 3 channel, 4 a number 0..1 drawn by the caller (Valkey
# gives every script the same random numbers). Answer: state as JSON, now, the state before (-1: unchanged), extra.
COMMON = """
local name, config, chance = ARGV[1], cjson.decode(ARGV[2]), tonumber(ARGV[4])
local window_key, seconds_key = 'breaker:' .. name .. ':window', 'breaker:' .. name .. ':seconds'
local leases_key, opened_key = 'breaker:' .. name .. ':leases', 'breaker:' .. name .. ':opened'
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local kept = redis.call('HGET', KEYS[1], name)
local s = kept and cjson.decode(kept) or {state = 0, generation = 0, attempts = 0, since = 0, ends = 0}
local before = -1

local function save() redis.call('HSET', KEYS[1], name, cjson.encode(s)) end

local function go(to, reason, calls, failures, slow)
  if before < 0 then before = s.state end
  s.state, s.reason, s.calls, s.failures, s.slow = to, reason, calls, failures, slow
  s.generation = math.max(s.generation + 1, now)
  s.since, s.ends = now, 0
  s.by = ARGV[5]
  redis.call('DEL', window_key, seconds_key, leases_key)
  save()
  redis.call('PUBLISH', ARGV[3], name)
end

local function open(reason, calls, failures, slow, away)
  local attempts = s.attempts + 1
  local wait = math.min(config.wait * config.multiplier ^ math.min(attempts - 1, 64), config.longest)
  wait = math.min(wait * (1 + config.jitter * (2 * chance - 1)), config.longest)
  if away > 0 then wait = math.min(away, config.longest) end
  s.attempts = attempts
  go(1, reason, calls, failures, slow)
  s.ends = now + math.max(1, math.floor(wait + 0.5))
  save()
end

local function judge(total, failures, slow, minimum)
  if total < minimum then return nil end
  if failures * 100 / total >= config.failures then return 'failure-rate' end
  if slow * 100 / total >= config.slow then return 'slow-call-rate' end
  return nil
end

local function answer(extra) return {cjson.encode(s), now, before, extra} end
"""

# 5 process, 6 generation, 7 outcomes in order, 8-10 calls, failures, slow, 11 retry-after ms, 12 '1' may open
FLUSH = (
    COMMON
    + """
local deciding = ARGV[12] == '1'
if deciding and (s.state ~= 0 or s.generation ~= tonumber(ARGV[6])) then return answer(0) end
local failed = tonumber(ARGV[9])
local shares_key = 'breaker:' .. name .. ':shares'

local function enough_processes()
  if config.share <= 0 then return true end
  local reporting, failing = 0, 0
  local flat = redis.call('HGETALL', shares_key)
  for i = 2, #flat, 2 do
    local call, failure = string.match(flat[i], '(%d+),(%d+)')
    if now - tonumber(call) > config.span then redis.call('HDEL', shares_key, flat[i - 1])
    else
      reporting = reporting + 1
      if now - tonumber(failure) <= config.span then failing = failing + 1 end
    end
  end
  return failing * 100 >= config.share * reporting
end

if config.share > 0 then
  local old = redis.call('HGET', shares_key, ARGV[5])
  local failure = (failed > 0 or tonumber(ARGV[10]) > 0) and now or (old and string.match(old, ',(%d+)') or 0)
  redis.call('HSET', shares_key, ARGV[5], now .. ',' .. failure)
  redis.call('PEXPIRE', shares_key, config.span * 2)
end

if deciding and tonumber(ARGV[11]) > 0 then
  redis.call('DEL', opened_key)
  open('retry-after', tonumber(ARGV[8]), failed, tonumber(ARGV[10]), tonumber(ARGV[11]))
  return answer(0)
end

local function try(total, failures, slow)
  local reason = deciding and judge(total, failures, slow, config.minimum)
  if reason and enough_processes() then open(reason, total, failures, slow, 0) return true end
  return false
end

if config.counts then
  -- Digit by digit, as if all calls had been made one after the other in one process.
  local all = (redis.call('GET', window_key) or '')
  if #all > config.size then all = string.sub(all, -config.size) end
  local total, failures, slow = #all, 0, 0
  for i = 1, #all do
    local bits = string.byte(all, i) - 48
    failures = failures + bits % 2
    slow = slow + math.floor(bits / 2)
  end
  local start = #all
  all = all .. ARGV[7]
  for i = start + 1, #all do
    if total == config.size then
      local bits = string.byte(all, i - config.size) - 48
      failures = failures - bits % 2
      slow = slow - math.floor(bits / 2)
    else
      total = total + 1
    end
    local bits = string.byte(all, i) - 48
    failures = failures + bits % 2
    slow = slow + math.floor(bits / 2)
    if try(total, failures, slow) then
      -- For people: the very calls that opened it, kept a week.
      redis.call('SET', opened_key, string.sub(all, i - total + 1, i), 'PX', 604800000)
      return answer(0)
    end
  end
  redis.call('SET', window_key, string.sub(all, -config.size), 'PX', 86400000)
else
  local second = math.floor(now / 1000)
  local old = redis.call('HGET', seconds_key, second)
  local c, f, l = 0, 0, 0
  if old then c, f, l = string.match(old, '(%d+),(%d+),(%d+)') end
  redis.call('HSET', seconds_key, second, (c + ARGV[8]) .. ',' .. (f + failed) .. ',' .. (l + ARGV[10]))
  redis.call('PEXPIRE', seconds_key, (config.size + 1) * 1000)
  local total, failures, slow = 0, 0, 0
  local flat = redis.call('HGETALL', seconds_key)
  for i = 1, #flat, 2 do
    if tonumber(flat[i]) <= second - config.size then redis.call('HDEL', seconds_key, flat[i])
    else
      local a, b, d = string.match(flat[i + 1], '(%d+),(%d+),(%d+)')
      total, failures, slow = total + a, failures + b, slow + d
    end
  end
  try(total, failures, slow)
end
return answer(0)
"""
)

# 5 process, 6 token (empty: only what time does), 7 ms a lease lasts
LEASE = (
    COMMON
    + """
if s.state == 1 and now >= s.ends then
  go(2, 'wait-over', 0, 0, 0)
  if config.half_open > 0 then s.ends = now + config.half_open save() end
elseif s.state == 2 and s.ends > 0 and now >= s.ends then
  if config.after == 1 then open('half-open-too-long', s.calls, s.failures, s.slow, 0)
  else s.attempts = 0 go(0, 'half-open-too-long', s.calls, s.failures, s.slow) end
end
local granted = 0
if s.state == 2 and ARGV[6] ~= '' then
  redis.call('ZREMRANGEBYSCORE', leases_key, '-inf', now)
  if redis.call('ZCARD', leases_key) + s.calls < config.permitted then
    redis.call('ZADD', leases_key, now + ARGV[7], ARGV[6])
    redis.call('PEXPIRE', leases_key, ARGV[7] * 2)
    granted = 1
  end
end
return answer(granted)
"""
)

# 5 process, 6 token, 7 generation, 8 outcome (-1: as if it had not been made), 9 retry-after ms
SETTLE = (
    COMMON
    + """
if s.state ~= 2 or s.generation ~= tonumber(ARGV[7]) then return answer(0) end
if redis.call('ZREM', leases_key, ARGV[6]) == 0 then return answer(0) end
local outcome = tonumber(ARGV[8])
if outcome < 0 then return answer(1) end
s.calls, s.failures, s.slow = s.calls + 1, s.failures + outcome % 2, s.slow + math.floor(outcome / 2)
if tonumber(ARGV[9]) > 0 then open('retry-after', s.calls, s.failures, s.slow, tonumber(ARGV[9]))
elseif s.calls < config.probes then save()
elseif judge(s.calls, s.failures, s.slow, config.probes) then open('probes-failed', s.calls, s.failures, s.slow, 0)
else s.attempts = 0 go(0, 'probes-passed', s.calls, s.failures, s.slow) end
return answer(1)
"""
)

# 5 process, 6 state to go to
MOVE = (
    COMMON
    + """
local to = tonumber(ARGV[6])
if to == 1 then redis.call('DEL', opened_key) open('manual', 0, 0, 0, 0)
elseif to == 2 then
  go(2, 'manual', 0, 0, 0)
  if config.half_open > 0 then s.ends = now + config.half_open save() end
else
  s.attempts = 0
  redis.call('DEL', 'breaker:' .. name .. ':shares')
  go(0, 'manual', 0, 0, 0)
end
return answer(0)
"""
)
