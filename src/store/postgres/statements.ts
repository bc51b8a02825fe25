/*
 * The statements of PostgreSQL; each is a transaction. Every change names the token of the term and updates the row of
 * the lease, so that a process whose term has ended changes nothing, and a new leader sees all earlier changes. `step`
 * counts the changes: a store with a lower step than was seen has lost data. Renewals use a row of their own, `beat`,
 * so that they don't wait for commits. `main` stands for the schema, as in SQLite.
 *
 * - `lease`: the term that leads, and its last commit; `beat`: its last renewal; `nonce`: one for each member
 * - `entry`: what is known of a record, list or lookup; `reading`: when entries were read again, for each commit
 * - `commit` and `change`: the log of changes; `read_period`: when Alma was read; `refused`: values not stored
 * - `intent`: writes whose outcome is unknown; `kept`: idempotency keys, jobs and marks, until they expire
 * - `about`: the purpose of the store, the proof of its key, the digest of its views, the horizons of its changes
 */

/** The number of the transaction, as in the `xmin` of the rows that it has written. */
export const THIS_TRANSACTION = "(pg_current_xact_id()::text::bigint % 4294967296)";

/**
 * Identifies one history of a store: the system, the database, the timeline (a promotion starts a new one), and whether
 * the row `l` of the lease was written by the transaction it names (not in a restored dump).
 */
const RUN = `(SELECT system_identifier FROM pg_control_system()) || '-' ||
  (SELECT oid FROM pg_database WHERE datname = current_database()) || '-' ||
  substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) ||
  CASE WHEN l.xid = l.xmin::text::bigint THEN '' ELSE '-restored' END`;

/**
 * Makes a transaction wait until it is durable: with a pooler, another connection may have disabled this in the
 * session.
 */
const DURABLE = `set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`;
const FLEETING = "set_config('synchronous_commit', 'off', true)";

const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::float8";
const STATE = `${RUN} AS run, ${NOW} AS time, l.term::float8 AS term, l.step::float8 AS step`;

/** Takes a step in a term. $1 token, $2 a step that must come before it; 0 if any may. */
const STEP = `step AS (
  UPDATE main.lease SET step = greatest(step, $2::bigint) + 1, xid = ${THIS_TRANSACTION} WHERE token = $1
  RETURNING term::float8 AS term, step::float8 AS step, ${DURABLE})`;

/** $1 member, $2 nonce. */
export const READ_STATE = `WITH nonce AS (
  INSERT INTO main.nonce VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET nonce = excluded.nonce)
SELECT ${STATE}, l.format, l.seq::float8 AS seq, l.at AS committed_at, l.epoch,
  b.token, b.beat::float8 AS beat, b.run AS leader_run, b.at, b.wall, b.time AS leader_time, b.echo, b.address, b.warm,
  b.free, ${FLEETING}
FROM main.lease l, main.beat b`;

/**
 * Begins a term, if the lease is unchanged since it was last seen. $1 the seen token, $2 the seen beat, $3 the new
 * token, $4 run, $5 at, $6 wall, $7 time, $8 whether the entries are kept, $9 their format, $10 and $11 the last seen
 * term and step, $12 the run for which the term's data is complete.
 */
export const TAKE_LEASE = `WITH taken AS (
  UPDATE main.beat b SET token = $3, beat = 1, run = $12, at = $5, wall = $6, time = $7, echo = '{}', address = '', warm = false,
    free = ''
  FROM main.lease l WHERE b.token = $1 AND b.beat = $2::bigint AND ${RUN} = $4 RETURNING b.token),
led AS (
  UPDATE main.lease SET token = $3, term = greatest(term, $10::bigint) + 1, step = greatest(step, $11::bigint) + 1,
    xid = ${THIS_TRANSACTION}, format = $9, epoch = CASE WHEN $8 THEN epoch ELSE $3 END
  FROM taken WHERE lease.one
  RETURNING lease.term::float8 AS term, lease.step::float8 AS step, lease.seq::float8 AS seq, lease.at AS committed_at,
    lease.epoch, lease.format, ${DURABLE}),
forgotten AS (DELETE FROM main.entry USING led WHERE NOT $8),
unread AS (DELETE FROM main.reading USING led WHERE NOT $8),
-- Changes made before everything is read again are not noticed.
unseen AS (DELETE FROM main.about USING led WHERE NOT $8 AND about.name = 'horizons')
SELECT term, step, seq, committed_at, epoch, format FROM led`;

/**
 * $1 token, $2 run, $3 at, $4 wall, $5 time, $6 echo, $7 address, $8 warm, $9 milliseconds since the last renewal.
 * `ran` counts how long leases were held, independently of wall clocks.
 */
export const RENEW_LEASE = `WITH renewed AS (
  UPDATE main.beat SET beat = beat + 1, run = $2, at = $3, wall = $4, time = $5, echo = $6, address = $7, warm = $8, ran = ran + $9
  WHERE token = $1 RETURNING token),
nonces AS (DELETE FROM main.nonce USING renewed RETURNING nonce.member, nonce.nonce)
SELECT ${STATE}, (SELECT json_object_agg(member, nonce) FROM nonces) AS nonces, ${FLEETING}
FROM main.lease l, renewed`;

/** $1 token, $2 at, $3 wall, $4 time. */
export const FREE_LEASE = `UPDATE main.beat SET free = ${RUN}, at = $2, wall = $3, time = $4, address = ''
FROM main.lease l WHERE beat.token = $1`;

/** $1 token, $2 see `STEP`. */
export const CATCH_UP = `WITH ${STEP} SELECT * FROM step`;

/**
 * Writes a commit, if the last one is the previous one. Returns no row if there was another commit, or the term has
 * ended.
 *
 * - $1 the token; $2 see `STEP`
 * - the commit: $3 its number, $4 its id, $5 its time
 * - entries, an array per column: $6 keys, $7 values, $17 names of keys; of records $8 kinds, $9 ids, $10 columns
 * - $11 the rows of changes, and $12 the row of their commit, as JSON
 * - $13 the position of the last lost change
 * - $14 readings; $15 whether they replace all earlier ones
 * - $16 the period in which Alma was read
 * - $18 the refused value
 */
export const COMMIT = `WITH step AS (
  UPDATE main.lease SET step = greatest(step, $2::bigint) + 1, xid = ${THIS_TRANSACTION}, seq = seq + 1, commit_id = $4, at = $5
  WHERE token = $1 AND seq = $3::bigint - 1
  RETURNING term::float8 AS term, step::float8 AS step, lease.seq, ${DURABLE}),
entries AS (
  INSERT INTO main.entry SELECT e.key, step.seq, e.value, e.kind, e.id, e.shown, e.name
  FROM step, unnest($6::text[], $7::bytea[], $8::text[], $9::bigint[], $10::jsonb[], $17::bytea[])
    AS e (key, value, kind, id, shown, name)
  ON CONFLICT (key) DO UPDATE SET seq = excluded.seq, value = excluded.value, kind = excluded.kind, id = excluded.id,
    shown = excluded.shown),
-- A commit that was split because of a refused value brings this row several times.
noted AS (
  INSERT INTO main."commit" SELECT c.* FROM step, json_populate_recordset(NULL::main."commit", $12::json) c
  ON CONFLICT (seq) DO NOTHING),
refused AS (
  INSERT INTO main.refused SELECT r.* FROM step, json_populate_recordset(NULL::main.refused, $18::json) r
  ON CONFLICT (key) DO UPDATE SET at = excluded.at, reason = excluded.reason),
changed AS (INSERT INTO main.change SELECT c.* FROM step, json_populate_recordset(NULL::main.change, $11::json) c),
read AS (INSERT INTO main.reading SELECT step.seq, $14::bytea FROM step WHERE $14::bytea IS NOT NULL),
watched AS (
  INSERT INTO main.read_period SELECT p.* FROM step, json_populate_recordset(NULL::main.read_period, $16::json) p
  ON CONFLICT (n) DO UPDATE SET since = excluded.since, until = excluded.until),
folded AS (DELETE FROM main.reading USING step WHERE $15 AND reading.seq < step.seq),
lost AS (
  UPDATE main.about SET value = (value::jsonb || $13::jsonb)::text FROM step WHERE name = 'horizons' AND $13::jsonb IS NOT NULL)
SELECT term, step FROM step`;

/** $1 token. */
export const LAST_COMMIT = "SELECT seq::float8 AS seq, commit_id AS id FROM main.lease WHERE token = $1";

/** Deletes notes about deleted entries, up to a commit, and expired values. $1 token, $2 the commit. */
export const DELETE_EXPIRED = `WITH pruned AS (
  UPDATE main.lease SET pruned = greatest(pruned, $2::bigint), xid = ${THIS_TRANSACTION} WHERE token = $1 RETURNING token),
gone AS (DELETE FROM main.entry USING pruned WHERE value IS NULL AND seq <= $2::bigint)
DELETE FROM main.kept USING pruned, main.beat WHERE ends <= beat.ran`;

export const LOG_END = `SELECT ${RUN} AS run, l.format, l.seq::float8 AS seq, l.at AS committed_at, l.epoch FROM main.lease l`;

/** $1 the format of entries, $2 the key before them. */
export const ENTRIES = `SELECT key, name, value FROM main.entry
WHERE key > $2 AND value IS NOT NULL AND EXISTS (SELECT FROM main.lease WHERE format = $1) ORDER BY key LIMIT 500`;

/** $1 the format of entries. */
export const READINGS = "SELECT r.value FROM main.reading r, main.lease l WHERE l.format = $1 ORDER BY r.seq";

/** $1 the format of entries, $2 their keys. */
export const ENTRIES_OF = `SELECT key, name, value FROM main.entry, main.lease
WHERE lease.format = $1 AND key = ANY ($2::text[]) AND value IS NOT NULL`;

/** $1 the format of entries, $2 the last known commit, $3 the maximum number of further commits. */
export const CHANGES_SINCE = `SELECT ${RUN} AS run, l.format, least(l.seq, $2::bigint + $3::bigint)::float8 AS seq,
  l.epoch, l.pruned::float8 AS pruned, e.key, e.name, e.value,
  (SELECT array_agg(r.value ORDER BY r.seq) FROM main.reading r
   WHERE l.format = $1 AND r.seq > $2::bigint AND r.seq <= $2::bigint + $3::bigint) AS readings
FROM main.lease l LEFT JOIN main.entry e ON l.format = $1 AND e.seq > $2::bigint AND e.seq <= $2::bigint + $3::bigint`;

/** $1 token, $2 see `STEP`, $3 id, $4 intent, $5 names, $6 milliseconds, $7 values. */
export const BEGIN_INTENT = `WITH ${STEP},
intent AS (
  INSERT INTO main.intent SELECT $3, $4::bytea FROM step ON CONFLICT (id) DO UPDATE SET value = excluded.value),
kept AS (
  INSERT INTO main.kept SELECT k.name, 'infinity', k.value, beat.ran + k.ms
  FROM step, main.beat, unnest($5::text[], $6::float8[], $7::bytea[]) AS k (name, ms, value)
  ON CONFLICT (name) DO UPDATE SET until = excluded.until, value = excluded.value, ends = excluded.ends)
SELECT * FROM step`;

/** $1 token, $2 see `STEP`, $3 ids. */
export const END_INTENTS = `WITH ${STEP},
ended AS (DELETE FROM main.intent USING step WHERE id = ANY ($3::text[]))
SELECT * FROM step`;

/** $1 token, $2 see `STEP`, $3 name, $4 milliseconds, $5 value. */
export const STORE_VALUE = `WITH ${STEP},
kept AS (
  INSERT INTO main.kept SELECT $3, 'infinity', $5::bytea, beat.ran + $4::float8 FROM step, main.beat
  ON CONFLICT (name) DO UPDATE SET until = excluded.until, value = excluded.value, ends = excluded.ends)
SELECT * FROM step`;

/** $1 token, $2 see `STEP`, $3 name. */
export const DELETE_VALUE = `WITH ${STEP},
kept AS (DELETE FROM main.kept USING step WHERE name = $3)
SELECT * FROM step`;

/** $1 name. */
export const FIND_VALUE =
  "SELECT value, ends - beat.ran AS ms FROM main.kept, main.beat WHERE name = $1 AND ends > beat.ran";
