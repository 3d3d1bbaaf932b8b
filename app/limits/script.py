"""The moving window in Valkey: any number of limits in one round trip, charged all or none.

A window is a string of doubles: its sum, the count of its newest slice, that slice's number, then number and count of
each slice before it, oldest first. While a slice lasts and all limits have room, only the first two figures change:
that is the short way, five commands for three windows, whose strings are short too. The long way drops what is over.
"""

from hashlib import sha1

SLICES = 20

# KEYS: one window each, and maybe one more that is only read. ARGV[1]: per window amount, width in ms and cost, as
# doubles; cost 0 only looks. Nothing is charged unless all have room. Returns per window, as doubles, what is used and
# minus the ms until there is room for the cost (not negative: there is), and behind them what stands at the last key.
# One packed argument and one packed answer, because redis-py takes 1 µs for each of many.
SCRIPT = """
local call, cut, pack, floor, ceil = redis.call, struct.unpack, struct.pack, math.floor, math.ceil
local clock = call('TIME')
local now = clock[1] * 1000 + floor(clock[2] / 1000)
local keys, asked, at = KEYS, ARGV[1], 1
local n = #asked / 24
local held, quick = call('MGET', unpack(keys, 1, n)), {}

for i = 1, n do
  local amount, window, cost, kept = nil, nil, nil, held[i]
  amount, window, cost, at = cut('<ddd', asked, at)
  if not kept or cost == 0 then break end
  local sum, count, newest = cut('<ddd', kept)
  if sum + cost > amount or newest ~= floor(now * SLICES / window) then break end
  quick[i] = pack('<dd', sum + cost, count + cost)
end
if #quick == n then
  for i = 1, n do call('SETRANGE', keys[i], 0, quick[i]) end
  if keys[n+1] then quick[n+1] = call('GET', keys[n+1]) or '' end
  return table.concat(quick)
end

local function wait_for(over, slices, from, slice, window)
  for j = from, #slices, 2 do
    over = over - slices[j+1]
    if over <= 0 then return math.max(1, ceil((slices[j] + 1) * slice + window - now)) end
  end
  return window
end

local sums, waits, costs, changed, lives, fits = {}, {}, {}, {}, {}, true
at = 1
for i = 1, n do
  local amount, window, cost, kept = nil, nil, nil, held[i]
  amount, window, cost, at = cut('<ddd', asked, at)
  local newest, sum, count, slices, from, older = floor(now * SLICES / window), 0, 0, {}, 4, ''
  if kept then
    local size = #kept / 8
    slices = {cut('<' .. string.rep('d', size), kept)}
    local last = slices[3]
    sum, slices[size+1], slices[size+2] = slices[1], last, slices[2]
    while slices[from] and slices[from] < newest - SLICES do sum, from = sum - slices[from+1], from + 2 end
    older = string.sub(kept, from * 8 - 7)
    if last >= newest then count, newest = slices[2], last
    elseif slices[from] then older = older .. pack('<dd', last, slices[2]) end
  end
  local over = sum + math.max(cost, 1) - amount
  if over > 0 then fits = fits and cost == 0 end
  waits[i] = over > 0 and wait_for(over, slices, from, window / SLICES, window) or 0
  changed[i] = pack('<ddd', sum + cost, count + cost, newest) .. older
  sums[i], costs[i], lives[i] = sum, cost, ceil(window * 1.1)
end

local answer = {}
for i = 1, n do
  local charge = fits and costs[i] or 0
  if charge > 0 then call('SET', keys[i], changed[i], 'PX', lives[i]) end
  answer[i] = pack('<dd', sums[i] + charge, -waits[i])
end
if keys[n+1] then answer[n+1] = call('GET', keys[n+1]) or '' end
return table.concat(answer)
""".replace("SLICES", str(SLICES))
SHA = sha1(SCRIPT.encode()).hexdigest().encode()  # noqa: S324 (how EVALSHA names a script)
