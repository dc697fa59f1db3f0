/** Lua that the server runs as a whole; all keys of a call are of one partition, so of one node. */
export const scripts = {
  /**
   * Appends parts as one entry if the condition holds. A writer numbers its calls: the same call
   * again gets the answer of the first one, and an older one that comes late does nothing. Records
   * are of events that were read: the newest of these must be what it was.
   *
   * KEYS: entries, head, writer, log, jobs, events, their head. ARGV: the log's id, call, after,
   * tag of that entry, tag, count, job, number and tag of an event, parts …
   */
  append: {
    numberOfKeys: 7,
    lua: `
local whole = function(n) return string.format('%.0f', n) end
if redis.call('GET', KEYS[4]) ~= ARGV[1] then return {'gone'} end
local wrote = redis.call('HMGET', KEYS[3], 'call', 'number')
local late = (tonumber(wrote[1] or 0)) - tonumber(ARGV[2])
if late == 0 then return {'stored', wrote[2]} end
if late > 0 then return {'late'} end
local head = redis.call('HMGET', KEYS[2], 'last', 'time', 'tag')
local last = tonumber(head[1] or 0)
if ARGV[3] ~= '' then
  if tonumber(ARGV[3]) ~= last then return {'fenced', whole(last)} end
  if ARGV[4] ~= '' and ARGV[4] ~= head[3] then return {'other', whole(last)} end
end
if ARGV[8] ~= '' then
  local most, least = ARGV[8] .. '-18446744073709551615', ARGV[8] .. '-0'
  local found = redis.call('XREVRANGE', KEYS[6], most, least, 'COUNT', 1)
  if #found > 0 then
    if found[1][2][#found[1][2]] ~= ARGV[9] then return {'lost', ARGV[8]} end
  elseif tonumber(ARGV[8]) > tonumber(redis.call('HGET', KEYS[7], 'floor') or 0) then
    return {'lost', ARGV[8]}
  end
end
local now = redis.call('TIME')
local time = math.max(now[1] * 1000 + math.floor(now[2] / 1000), tonumber(head[2] or 0))
local number = whole(last + tonumber(ARGV[6]))
local ends = #ARGV
for i = 10, ends - 1 do redis.call('XADD', KEYS[1], number .. '-' .. (i - 10), 'b', ARGV[i]) end
redis.call('XADD', KEYS[1], number .. '-' .. (ends - 10), 'b', ARGV[ends],
  't', whole(time), 'n', ARGV[6], 'g', ARGV[5])
redis.call('HSET', KEYS[2], 'last', number, 'time', whole(time), 'tag', ARGV[5])
redis.call('HSET', KEYS[3], 'call', ARGV[2], 'number', number)
redis.call('PEXPIRE', KEYS[3], 86400000)
if ARGV[7] ~= '' and last == 0 then redis.call('SADD', KEYS[5], ARGV[7]) end
redis.pcall('PUBLISH', KEYS[1], '')
return {'stored', number}`,
  },
  /**
   * Removes entries whose number is at or below another one: first, as a full server allows it.
   *
   * KEYS: entries, head. ARGV: through.
   */
  purge: {
    numberOfKeys: 2,
    lua: `
local most = ARGV[1] .. '-18446744073709551615'
local found = redis.call('XREVRANGE', KEYS[1], most, '-', 'COUNT', 1)
if #found == 0 then return 0 end
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', ARGV[1] + 1) .. '-0')
redis.call('HSET', KEYS[2], 'floor', string.match(found[1][1], '^%d+'))
return 1`,
  },
  /**
   * Makes chunks the snapshot in place of another one. Nothing changes if a newer one is there.
   *
   * KEYS: head, chunks, chunks of the one before. ARGV: revision, generation, how many chunks,
   * the generation before.
   */
  settle: {
    numberOfKeys: 3,
    lua: `
local head = redis.call('HMGET', KEYS[1], 'snapshot', 'generation')
if (head[2] or '') ~= ARGV[4] then return 'other' end
if redis.call('HLEN', KEYS[2]) ~= tonumber(ARGV[3]) then return 'gone' end
if tonumber(head[1] or 0) > tonumber(ARGV[1]) then
  redis.call('UNLINK', KEYS[2])
  return 'older'
end
redis.call('HSET', KEYS[1], 'snapshot', ARGV[1], 'generation', ARGV[2], 'chunks', ARGV[3])
redis.call('PERSIST', KEYS[2])
if ARGV[4] ~= '' then redis.call('UNLINK', KEYS[3]) end
return 'stored'`,
  },
  /** KEYS: terms. ARGV: names …; without any, all. The server's time, then names and terms. */
  terms: {
    numberOfKeys: 1,
    lua: `
local now = redis.call('TIME')
local time = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
if #ARGV == 0 then return {time, redis.call('HGETALL', KEYS[1])} end
return {time, {ARGV[1], redis.call('HGET', KEYS[1], ARGV[1]) or ''}}`,
  },
  /**
   * Puts a term in place of the one that is expected; 0: another one is there. All terms of a job
   * go with their key a day after the last of them is over.
   *
   * KEYS: terms. ARGV: name, expected or '', next or '', for how long the key is needed in ms.
   */
  change: {
    numberOfKeys: 1,
    lua: `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) return 1 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1`,
  },
} as const;

export type ScriptName = keyof typeof scripts;
