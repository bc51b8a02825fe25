import { ChangeTable, type SqlSteps } from "../lasting/change-table.ts";
import { typeNames } from "../lasting/forget-changes.ts";
import { openEntry } from "../lasting/lasting-store.ts";
import type { Seal } from "../sealed/seal.ts";
import { HighWaterMark, type Step } from "../shared/high-water-mark.ts";
import type { RenewalResult, SharedStore } from "../shared/shared-store.ts";
import {
  createReconnecting,
  type PostgresAddress,
  type ReconnectingConnection,
  type Value,
} from "./connection.ts";
import { logEndOf, type Row, runSteps, stepOf, toEntry, toLease, valuesOf } from "./row.ts";
import * as statements from "./statements.ts";
import { viewsWithDigest } from "./views.ts";

/** The maximum number of commits that are followed together, and for which deletions are kept. */
const MAX_FOLLOWED = 64;
const PRUNED_AFTER = 10_000;
const PRUNE_EVERY = 1_000;

/**
 * A shared store in PostgreSQL. It remembers the latest step that it has seen, and notices if the database no longer
 * has it. `entryFormat`: the format of entry values; the columns for SQL have a format of their own.
 */
export function createPostgresStore(address: PostgresAddress, seal: Seal, entryFormat: string): SharedStore {
  const changeTable = new ChangeTable(seal, typeNames);
  const format = `${entryFormat}-${viewsWithDigest().digest}`;
  const beats = createReconnecting(address);
  const commits = createReconnecting(address);
  const reads = createReconnecting(address);
  const seen = new HighWaterMark();
  /** The last renewal, answered or not, by the monotonic clock. */
  let renewed = { token: "", at: 0 };

  async function rowOf(line: ReconnectingConnection, text: string, values?: readonly Value[]): Promise<Row> {
    const [row] = await line.query(text, values);
    if (!row) throw new Error("The store has lost its lease: its tables were changed by another program.");
    return row;
  }

  /** Performs a step in a term. `isCatchUp`: whether the step restores data that the store has lost. */
  async function step(text: string, token: string, values: readonly Value[], isCatchUp = false) {
    const before = seen.last;
    const [row] = await commits.query(text, [token, isCatchUp ? before.step : 0, ...values]);
    if (row && isCatchUp) seen.noteCaughtUp(stepOf(row));
    else if (row) seen.noteTaken(stepOf(row), before);
    return row !== undefined;
  }

  /** Runs steps as one transaction, unless the term has ended. */
  async function inTerm<T>(token: string, steps: SqlSteps<T>) {
    const connection = await commits.open();
    const before = seen.last;
    const done = await connection.transaction(async (query) => {
      const [row] = await query(statements.CATCH_UP, [token, 0]);
      return row && { step: stepOf(row), result: await runSteps(query, steps) };
    });
    // Must come after the transaction: until it has ended, a renewal sees the previous step.
    if (done) seen.noteTaken(done.step, before);
    return done?.result;
  }

  function stateOf(row: Row, before: Step) {
    const hasLost = seen.compare(stepOf(row), before);
    return { run: String(row.run), time: Number(row.time), hasLost };
  }

  return {
    format,
    async readState(member, nonce) {
      const before = seen.last;
      const row = await rowOf(beats, statements.READ_STATE, [member, nonce]);
      const lease = row.token === "" ? undefined : toLease(row);
      return { ...stateOf(row, before), lease, log: logEndOf(row, format) };
    },
    async take(lease, { token, at, run, time, keepsData, ownRun }) {
      const own = [token, run, at, Date.now(), time, keepsData, format];
      const values = [lease?.token ?? "", lease?.beat ?? 0, ...own, seen.last.term, seen.last.step, ownRun];
      const [row] = await commits.query(statements.TAKE_LEASE, values);
      if (!row) return undefined;
      seen.noteCaughtUp(stepOf(row));
      return logEndOf(row, format);
    },
    async renew({ token, run, at, time, echo, address, isWarm }) {
      const before = seen.last;
      const leader = [JSON.stringify(echo), address, isWarm];
      const ran = renewed.token === token ? performance.now() - renewed.at : 0;
      renewed = { token, at: performance.now() };
      const values = [token, run, at, Date.now(), time, ...leader, ran];
      const [row] = await beats.query(statements.RENEW_LEASE, values);
      // Safe: written by `readState`.
      return row && { ...stateOf(row, before), nonces: (row.nonces ?? {}) as RenewalResult["nonces"] };
    },
    catchUp: (token) => step(statements.CATCH_UP, token, [], true),
    async free({ token, at, time }) {
      await beats.query(statements.FREE_LEASE, [token, at, Date.now(), time]);
    },
    async commit(commit) {
      const { token, seq, id } = commit;
      if (await step(statements.COMMIT, token, valuesOf(commit, changeTable))) {
        if (seq % PRUNE_EVERY === 0)
          await commits.query(statements.DELETE_EXPIRED, [token, seq - PRUNED_AFTER]);
        return { seq, id };
      }
      const [last] = await commits.query(statements.LAST_COMMIT, [token]);
      return last && { seq: Number(last.seq), id: String(last.id) };
    },
    beginChanges: (token, name) => inTerm(token, changeTable.begin(name, Date.now())),
    forgetChanges: (token, before) => inTerm(token, changeTable.forget(before)),
    hasCommit: (term, seq) => runSteps(reads.query, changeTable.hasCommit(term, seq)),
    changes: (sought, until) => runSteps(reads.query, changeTable.read(sought, until)),
    async logEnd() {
      const row = await rowOf(reads, statements.LOG_END);
      return { ...logEndOf(row, format), run: String(row.run) };
    },
    async *entries() {
      for (let after = ""; ; ) {
        const rows = await reads.query(statements.ENTRIES, [format, after]);
        if (rows.length === 0) return;
        yield rows.map((row) => openEntry(seal, toEntry(row)));
        after = String(rows.at(-1)?.key);
      }
    },
    async readings() {
      const rows = await reads.query(statements.READINGS, [format]);
      // Safe: the type of the column.
      return rows.map(({ value }) => value as Uint8Array);
    },
    async entriesOf(keys) {
      return (await reads.query(statements.ENTRIES_OF, [format, keys])).map(toEntry);
    },
    async follow(seq) {
      const rows = await reads.query(statements.CHANGES_SINCE, [format, seq, MAX_FOLLOWED]);
      const [state = {}] = rows;
      const end = logEndOf(state, format);
      return {
        run: String(state.run),
        seq: end.seq,
        epoch: end.epoch,
        prunedTo: end.seq && Number(state.pruned),
        entries: rows.filter(({ key }) => key !== null).map(toEntry),
        // Safe: the type of the column.
        readings: (state.readings ?? []) as Uint8Array[],
      };
    },
    beginIntent(token, id, intent, kept) {
      const columns = [
        kept.map(({ name }) => name),
        kept.map(({ ms }) => ms),
        kept.map(({ value }) => value),
      ];
      return step(statements.BEGIN_INTENT, token, [id, intent, ...columns]);
    },
    endIntents: (token, ids) => step(statements.END_INTENTS, token, [ids]),
    async intents() {
      const rows = await commits.query("SELECT id, value FROM main.intent ORDER BY id");
      // Safe: the types of the columns.
      return rows.map(({ id, value }) => [id as string, value as Uint8Array] as const);
    },
    storeValue: (token, { name, ms, value }) => step(statements.STORE_VALUE, token, [name, ms, value]),
    deleteValue: (token, name) => step(statements.DELETE_VALUE, token, [name]),
    async findValue(name) {
      const [row] = await commits.query(statements.FIND_VALUE, [name]);
      // Safe: the type of the column.
      return row && { name, value: row.value as Uint8Array, ms: Number(row.ms) };
    },
    close() {
      for (const line of [beats, commits, reads]) line.close();
    },
  };
}
