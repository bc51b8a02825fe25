import { setTimeout as sleep } from "node:timers/promises";
import type { ChangeQuery, Horizons, Kind, LoggedPast, Place, StoredChange } from "../../catalog/index.ts";
import { ChangeTable, type SqlSteps } from "../lasting/change-table.ts";
import type { KeptValue, NewCommit, OpenEntry, StoredEntry } from "../lasting/lasting-store.ts";
import type { Seal } from "../sealed/seal.ts";
import { SeenStep, type Step } from "../shared/seen-step.ts";
import type {
  Lease,
  LogEnd,
  Look,
  NewTerm,
  Renewal,
  Renewed,
  SharedStore,
  Tail,
} from "../shared/shared-store.ts";
import type { PostgresAddress, Value } from "./connection.ts";
import { shownViews } from "./layout.ts";
import { Line } from "./line.ts";
import { logEndOf, type Row, run, stepOf, toEntry, toLease, valuesOf } from "./row.ts";
import * as statements from "./statements.ts";

/** Commits that are followed at once, and for which it is told that entries are gone. */
const MAX_FOLLOWED = 64;
const PRUNED_AFTER = 10_000;
const PRUNE_EVERY = 1_000;
/** Milliseconds between two looks at whether there is a next commit. */
const FOLLOW_INTERVAL = 100;

/** A shared store in PostgreSQL. It remembers how far it has seen it, and notices if that is not there any more. */
export class PostgresStore implements SharedStore {
  /** Of renewals and looks, which need not survive a crash by themselves. */
  readonly #beats: Line;
  readonly #commits: Line;
  readonly #reads: Line;
  readonly format: string;
  readonly #seen = new SeenStep();
  readonly #changes: ChangeTable;
  readonly #seal: Seal;

  /** `entryFormat`: of the values of entries; what records show has a form of its own. */
  constructor(address: PostgresAddress, seal: Seal, entryFormat: string) {
    this.#changes = new ChangeTable(seal);
    this.#seal = seal;
    this.format = `${entryFormat}-${shownViews().digest}`;
    this.#beats = new Line(address, false);
    this.#commits = new Line(address);
    this.#reads = new Line(address);
  }

  async look(member: string, nonce: number): Promise<Look> {
    const seen = this.#seen.last;
    const row = await this.#one(this.#beats, statements.LOOK, [member, nonce]);
    return {
      ...this.#stateOf(row, seen),
      lease: row.token === "" ? undefined : toLease(row),
      log: logEndOf(row, this.format),
    };
  }

  async take(
    seen: Pick<Lease, "token" | "beat"> | undefined,
    { token, at, run, time, isWhole }: NewTerm,
  ): Promise<LogEnd | undefined> {
    const own = [token, run, at, Date.now(), time, isWhole, this.format];
    const last = [this.#seen.last.term, this.#seen.last.step];
    const values = [seen?.token ?? "", seen?.beat ?? 0, ...own, ...last];
    const [row] = await this.#rows(this.#commits, statements.TAKE, values);
    if (!row) return undefined;
    this.#seen.noteCaughtUp(stepOf(row));
    return logEndOf(row, this.format);
  }

  async renew({ token, run, at, time, echo, address, isWarm, asked }: Renewal): Promise<Renewed | undefined> {
    const seen = this.#seen.last;
    const leader = [JSON.stringify(echo), address, isWarm, JSON.stringify(asked)];
    const [row] = await this.#rows(this.#beats, statements.RENEW, [
      token,
      run,
      at,
      Date.now(),
      time,
      ...leader,
    ]);
    if (!row) return undefined;
    // Safe: what `look` has written.
    return { ...this.#stateOf(row, seen), nonces: (row.nonces ?? {}) as Renewed["nonces"] };
  }

  catchUp(token: string): Promise<boolean> {
    return this.#step(statements.CATCH_UP, token, [], true);
  }

  async free({ token, at, time, asked }: Pick<Renewal, "token" | "at" | "time" | "asked">): Promise<void> {
    const values = [token, at, Date.now(), time, JSON.stringify(asked)];
    await this.#rows(this.#beats, statements.FREE, values);
  }

  async commit(commit: NewCommit) {
    const { token, seq, id } = commit;
    if (await this.#step(statements.COMMIT, token, valuesOf(commit, this.#changes))) {
      if (seq % PRUNE_EVERY === 0)
        await this.#rows(this.#commits, statements.PRUNE, [token, seq - PRUNED_AFTER]);
      return { seq, id };
    }
    const [last] = await this.#rows(this.#commits, statements.LAST_COMMIT, [token]);
    return last && { seq: Number(last.seq), id: String(last.id) };
  }

  beginChanges(token: string, name: string): Promise<LoggedPast | undefined> {
    return this.#inTerm(token, this.#changes.begin(name, Date.now()));
  }

  forgetChanges(
    token: string,
    before: Readonly<Partial<Record<Kind, number>>>,
  ): Promise<Horizons | undefined> {
    return this.#inTerm(token, this.#changes.forget(before));
  }

  async hasCommit(term: string, seq: number): Promise<boolean> {
    const { query } = await this.#reads.open();
    return run(query, this.#changes.hasCommit(term, seq));
  }

  async changes(sought: ChangeQuery, until: Place): Promise<readonly StoredChange[]> {
    const { query } = await this.#reads.open();
    return run(query, this.#changes.read(sought, until));
  }

  async logEnd(): Promise<LogEnd & { readonly run: string }> {
    const row = await this.#one(this.#reads, statements.LOG_END, []);
    return { ...logEndOf(row, this.format), run: String(row.run) };
  }

  async *entries(): AsyncGenerator<readonly OpenEntry[]> {
    for (let after = ""; ; ) {
      const rows = await this.#rows(this.#reads, statements.ENTRIES, [this.format, after]);
      if (rows.length === 0) return;
      yield rows.map(toEntry).map(({ key, value }) => [key, value && this.#seal.open(`entry ${key}`, value)]);
      after = String(rows.at(-1)?.key);
    }
  }

  async readings(): Promise<readonly Buffer[]> {
    // Safe: the type of the column.
    return (await this.#rows(this.#reads, statements.READINGS, [this.format])).map(
      ({ value }) => value as Buffer,
    );
  }

  async entriesOf(keys: readonly string[]): Promise<readonly StoredEntry[]> {
    return (await this.#rows(this.#reads, statements.ENTRIES_OF, [this.format, keys])).map(toEntry);
  }

  async follow(seq: number): Promise<Tail> {
    const rows = await this.#rows(this.#reads, statements.FOLLOW, [this.format, seq, MAX_FOLLOWED]);
    const [state = {}] = rows;
    const end = logEndOf(state, this.format);
    if (end.seq <= seq) await sleep(FOLLOW_INTERVAL, undefined, { ref: false });
    return {
      run: String(state.run),
      seq: end.seq,
      epoch: end.epoch,
      prunedTo: end.seq && Number(state.pruned),
      entries: rows.filter(({ key }) => key !== null).map(toEntry),
      // Safe: the type of the column.
      readings: (state.readings ?? []) as Buffer[],
    };
  }

  beginIntent(token: string, id: string, intent: Buffer, kept: readonly KeptValue[]): Promise<boolean> {
    const columns = [kept.map(({ name }) => name), kept.map(({ ms }) => ms), kept.map(({ value }) => value)];
    return this.#step(statements.BEGIN_INTENT, token, [id, intent, ...columns]);
  }

  endIntents(token: string, ids: readonly string[]): Promise<boolean> {
    return this.#step(statements.END_INTENTS, token, [ids]);
  }

  async intents(): Promise<readonly (readonly [string, Buffer])[]> {
    const rows = await this.#rows(this.#commits, "SELECT id, value FROM intent ORDER BY id", []);
    // Safe: the types of the columns.
    return rows.map(({ id, value }) => [id as string, value as Buffer] as const);
  }

  keep(token: string, { name, ms, value }: KeptValue): Promise<boolean> {
    return this.#step(statements.KEEP, token, [name, ms, value]);
  }

  unkeep(token: string, name: string): Promise<boolean> {
    return this.#step(statements.UNKEEP, token, [name]);
  }

  async kept(name: string): Promise<Buffer | undefined> {
    const text = "SELECT value FROM kept WHERE name = $1 AND until > clock_timestamp()";
    const [row] = await this.#rows(this.#commits, text, [name]);
    // Safe: the type of the column.
    return row?.value as Buffer | undefined;
  }

  close(): void {
    this.#beats.close();
    this.#commits.close();
    this.#reads.close();
  }

  async #rows(line: Line, text: string, values: readonly Value[]): Promise<readonly Row[]> {
    const connection = await line.open();
    return connection.query(text, values);
  }

  async #one(line: Line, text: string, values: readonly Value[]): Promise<Row> {
    const [row] = await this.#rows(line, text, values);
    if (!row) throw new Error("The store has lost its lease: its tables were changed by another program.");
    return row;
  }

  /** Changes something in a term. `isCatchUp`: this makes up for what the store has lost. */
  async #step(text: string, token: string, values: readonly Value[], isCatchUp = false): Promise<boolean> {
    const seen = this.#seen.last;
    const [row] = await this.#rows(this.#commits, text, [token, isCatchUp ? seen.step : 0, ...values]);
    if (row && isCatchUp) this.#seen.noteCaughtUp(stepOf(row));
    else if (row) this.#seen.noteTaken(stepOf(row), seen);
    return row !== undefined;
  }

  /** Runs steps as one transaction, unless the term is over. */
  async #inTerm<T>(token: string, steps: SqlSteps<T>): Promise<T | undefined> {
    const connection = await this.#commits.open();
    const seen = this.#seen.last;
    const done = await connection.transaction(async (query) => {
      const [row] = await query(statements.CATCH_UP, [token, 0]);
      return row && { step: stepOf(row), result: await run(query, steps) };
    });
    // Not before: until the transaction is over, a renewal sees the step before.
    if (done) this.#seen.noteTaken(done.step, seen);
    return done?.result;
  }

  #stateOf(row: Row, seen: Step) {
    const hasLost = this.#seen.compare(stepOf(row), seen);
    return { run: String(row.run), time: Number(row.time), hasLost };
  }
}
