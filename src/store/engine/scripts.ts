import { script } from "./connection.ts";

/*
 * What the engine does in one step. `allow-oom` keeps what must go on while its memory is full: renewals above all,
 * without which no process leads. A script first compares the term's token with that of the lease, so that a process
 * whose term is over changes nothing. The lease is a hash:
 *
 * token  the term's random token            beat   a number that each renewal raises
 * term   a number that each term raises      run    the run of the engine for which the term's data is whole
 * at     the leader's clock                  wall   the calendar of the leader at that moment
 * time   the calendar of the engine before that moment
 * echo   the nonces that the leader had read before it read its clock for `at`
 * address  what the leader published of itself; empty until it answers
 * format  the form of the entries that the leader stores
 * asked  when operations last asked for details of kinds, by the leader's clock
 * warm   1 once the leader has read everything
 * free   the run of the engine in which the leader left
 */

/** KEYS lease, nonces, log; ARGV member, nonce. Answers the lease, the engine's time, and the last commit. */
export const look = script(`#!lua flags=allow-oom
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local t = redis.call('TIME')
return { redis.call('HGETALL', KEYS[1]), t[1] * 1000 + math.floor(t[2] / 1000),
  redis.call('HMGET', KEYS[3], 'seq', 'at', 'epoch', 'id') }`);

/**
 * Begins a term, if the lease is as it was when it was last seen. KEYS lease, log, data, stream, and the last three of
 * another form, which are removed; ARGV the seen token and beat (empty if there was no lease), the new token, run, at,
 * wall, time, whether what is stored is to be removed, and the form of entries. Answers the last commit; nothing if
 * another process was first.
 */
export const take = script(`#!lua flags=allow-oom
local seen = redis.call('HMGET', KEYS[1], 'token', 'beat')
if (seen[1] or '') ~= ARGV[1] or (seen[2] or '') ~= ARGV[2] then return false end
redis.call('HINCRBY', KEYS[1], 'term', 1)
redis.call('HSET', KEYS[1], 'token', ARGV[3], 'beat', '1', 'run', ARGV[4], 'at', ARGV[5], 'wall', ARGV[6],
  'time', ARGV[7], 'echo', '', 'address', '', 'warm', '',
  'free', '', 'format', ARGV[9])
if ARGV[8] ~= '' then redis.call('UNLINK', KEYS[2], KEYS[3], KEYS[4]) end
if KEYS[5] then redis.call('UNLINK', KEYS[5], KEYS[6], KEYS[7]) end
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[3])
return redis.call('HMGET', KEYS[2], 'seq', 'at', 'epoch', 'id')`);

/**
 * Renews the lease. KEYS lease, nonces; ARGV token, run, at, wall, time, echo, address, warm, asked. Answers the
 * engine's time and the nonces of the others; nothing if the term is over.
 */
export const renew = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
local t = redis.call('TIME')
redis.call('HINCRBY', KEYS[1], 'beat', 1)
redis.call('HSET', KEYS[1], 'run', ARGV[2], 'at', ARGV[3], 'wall', ARGV[4], 'time', ARGV[5], 'echo', ARGV[6],
  'address', ARGV[7], 'warm', ARGV[8], 'asked', ARGV[9])
local nonces = redis.call('HGETALL', KEYS[2])
redis.call('DEL', KEYS[2])
return { t[1] * 1000 + math.floor(t[2] / 1000), nonces }`);

/**
 * Ends a term whose leader leaves, so that nobody waits for its lease. KEYS lease; ARGV token, run, at, wall, time,
 * asked.
 */
export const free = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'free', ARGV[2], 'at', ARGV[3], 'wall', ARGV[4], 'time', ARGV[5],
  'address', '', 'asked', ARGV[6])
return 1`);

/**
 * Writes entries into the hash and the stream; refused while the engine's memory is full. KEYS lease, log, data,
 * stream; ARGV token, the commit's number, its id, at, the length of the stream, then keys and values; an empty value
 * removes its key. Answers the number of the last commit and its id: its own if it was done, now or before; nothing if
 * the term is over.
 */
export const commit = script(`#!lua
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
local last = redis.call('HMGET', KEYS[2], 'seq', 'id', 'epoch')
local seq = tonumber(last[1] or '0')
if seq + 1 ~= tonumber(ARGV[2]) then return { seq, last[2] or '' } end
local fields = {}
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[3], ARGV[i]) else redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
  fields[#fields + 1] = ARGV[i]
  fields[#fields + 1] = ARGV[i + 1]
end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], ARGV[2] .. '-1', 'epoch', last[3], unpack(fields))
redis.call('HSET', KEYS[2], 'seq', ARGV[2], 'id', ARGV[3], 'at', ARGV[4])
return { seq + 1, ARGV[3] }`);

/**
 * Stores an intent. KEYS lease, intents, and those of a mark and of an idempotency key, if it has them; ARGV token,
 * id, intent, then the value and milliseconds of each of these keys. Answers nothing if the term is over.
 */
export const beginIntent = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
for i = 3, #KEYS do redis.call('SET', KEYS[i], ARGV[2 * i - 2], 'PX', ARGV[2 * i - 1]) end
return 1`);

/** Removes intents. KEYS lease, intents; ARGV token, ids. Answers nothing if the term is over. */
export const endIntents = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
for i = 2, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end
return 1`);

/** Sets a value for some time, or removes it. KEYS lease, key; ARGV token, milliseconds, value. */
export const keep = script(`#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return false end
if ARGV[3] == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[2]) end
return 1`);
