import type { ChangeQuery, Horizons, Kind, LoggedChange, LoggedPast, LogPlace } from "../../catalog/index.ts";
import { fromColumn, toColumn } from "../sealed/column-text.ts";
import type { Seal } from "../sealed/seal.ts";
import type { NewCommit } from "./lasting-store.ts";

/** A value of a statement or column. */
export type Value = string | number | Uint8Array | null;

/** A statement, with a `?` for each value. */
interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The statements of a task; each yields the rows that it found. */
export type SqlSteps<T> = Generator<Statement, T, readonly Readonly<Record<string, unknown>>[]>;

/** The columns of a change, by name. */
export type ChangeRow = Readonly<Record<string, Value>>;

/** The GraphQL types of records; passed, so that the thread of a file doesn't load the catalog. */
export type TypeNames = Readonly<Record<Kind, string>>;

/** A position after all changes. */
export const LOG_END = { seq: Number.MAX_SAFE_INTEGER, n: 2 ** 31 - 1 } as const satisfies LogPlace;

/** The number of recent changes that a process loads at start. Later readings are compared only with these. */
const RECENT = 20_000;

/**
 * An expression for the kind that no index covers, so that changes are found in order by their position, without
 * sorting all changes of a kind.
 */
const KIND = "kind || ''";

/** The stored changes, for any database. */
export class ChangeTable {
  readonly #seal: Seal;

  readonly #typeNames: TypeNames;

  constructor(seal: Seal, typeNames: TypeNames) {
    this.#seal = seal;
    this.#typeNames = typeNames;
  }

  /** Begins a process's part of the log, within a transaction. Returns the earlier changes that it continues. */
  *begin(term: string, at: number): SqlSteps<LoggedPast> {
    const [last] = yield statement('SELECT seq, at FROM main."commit" ORDER BY seq DESC LIMIT 1');
    const seq = 1 + Number(last?.seq ?? 0);
    yield statement('INSERT INTO main."commit" VALUES (?, ?, ?)', seq, term, at);
    const horizons = (yield* readHorizons()) ?? { all: { seq, n: 0, since: at } };
    yield setHorizons(horizons);
    const newest = yield* this.#select("ORDER BY seq DESC, n DESC LIMIT ?", RECENT + 1);
    const periods = yield statement("SELECT since, until FROM main.read_period ORDER BY n");
    return {
      seq,
      at: Number(last?.at ?? at),
      horizons,
      older: newest[RECENT],
      recent: newest.slice(0, RECENT).reverse(),
      readPeriods: periods.map(({ since, until }, n) => ({ n, since: Number(since), until: Number(until) })),
    };
  }

  /** Stores the changes of a commit, within a transaction. */
  *write(
    { changes, lost, readPeriod, refused }: Pick<NewCommit, "changes" | "lost" | "readPeriod" | "refused">,
    at: number,
  ): SqlSteps<void> {
    if (readPeriod)
      yield statement(
        `INSERT INTO main.read_period VALUES (?, ?, ?)
         ON CONFLICT (n) DO UPDATE SET since = excluded.since, until = excluded.until`,
        ...[readPeriod.n, readPeriod.since, readPeriod.until],
      );
    if (refused)
      yield statement(
        "INSERT OR REPLACE INTO main.refused VALUES (?, ?, ?)",
        refused.key,
        at,
        refused.reason,
      );
    if (lost) yield setHorizons({ ...(yield* readHorizons()), ...horizonAfter(lost) });
    const [first] = changes;
    if (!first) return;
    const note = 'INSERT INTO main."commit" VALUES (?, ?, ?) ON CONFLICT (seq) DO NOTHING';
    yield statement(note, first.seq, first.term, at);
    for (const change of changes) {
      const values = Object.values(this.rowOf(change));
      yield statement(`INSERT INTO main.change VALUES (${marks(values)})`, ...values);
    }
  }

  /** Returns the row of a change. */
  rowOf(change: LoggedChange): ChangeRow {
    const { seq, n, kind, id, event, field, before, after, wall, origin, by, startedAt, notAfter } = change;
    const isOpen = !change.isGuarded;
    const shown = (text: string | null) => (isOpen && text !== null ? toColumn(text) : null);
    return {
      seq,
      n,
      kind,
      id,
      event,
      field,
      before: shown(before),
      after: shown(after),
      guarded: isOpen ? null : this.#sealValues(change),
      not_before: wall.notBefore,
      not_after: wall.notAfter,
      origin,
      by: by === undefined ? null : JSON.stringify(by),
      started: startedAt,
      ended: notAfter,
    };
  }

  /** Returns the sealed values of a change; no bytes if the values are not stored. */
  #sealValues({ isSecret, before, after, seq, n }: LoggedChange): Buffer {
    return isSecret ? Buffer.alloc(0) : this.#seal.seal(nameOf({ seq, n }), JSON.stringify([before, after]));
  }

  /** See `StoredChanges`. */
  *hasCommit(term: string, seq: number): SqlSteps<boolean> {
    return (yield* number('SELECT count(*) FROM main."commit" WHERE seq = ? AND term = ?', seq, term)) > 0;
  }

  /** See `StoredChanges`. */
  *read(
    { kinds, record, fields, after, limit, isBackwards }: ChangeQuery,
    until: LogPlace,
  ): SqlSteps<LoggedChange[]> {
    const conditions = [`${record ? "kind" : KIND} ${isOneOf(kinds)}`, "(seq, n) <= (?, ?)"];
    const values: (string | number)[] = [...kinds, until.seq, until.n];
    const add = (condition: string, ...more: (string | number)[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (!isBackwards) add("(event <> 'CHANGED' OR field NOT LIKE '#%')");
    if (record) add("id = ?", record.id);
    if (fields) add(`field ${isOneOf(fields)}`, ...fields);
    if (after) add(`(seq, n) ${record ? "<" : ">"} (?, ?)`, after.seq, after.n);
    const order = record || isBackwards ? "DESC" : "ASC";
    const rest = `WHERE ${conditions.join(" AND ")} ORDER BY seq ${order}, n ${order} LIMIT ?`;
    return yield* this.#select(rest, ...values, limit);
  }

  /** See `LastingStore.forgetChanges`. Runs within a transaction. */
  *forget(before: Readonly<Partial<Record<Kind, number>>>): SqlSteps<Horizons> {
    let horizons = (yield* readHorizons()) ?? {};
    for (const [kind, since] of Object.entries(before)) {
      // Skips changes that were deleted before.
      const { seq, n } = horizons[kind as Kind] ?? { seq: 0, n: 0 };
      const end = yield* number('SELECT max(seq) FROM main."commit" WHERE seq >= ? AND at < ?', seq, since);
      const old = `WHERE ${KIND} = ? AND (seq, n) > (?, ?) AND seq <= ?`;
      const [last] = yield* this.#select(`${old} ORDER BY seq DESC, n DESC LIMIT 1`, kind, seq, n, end);
      if (!last) continue;
      yield statement(`DELETE FROM main.change ${old}`, kind, seq, n, end);
      horizons = { ...horizons, [kind]: { seq: last.seq, n: last.n, since } };
    }
    yield setHorizons(horizons);
    return horizons;
  }

  *#select(rest: string, ...values: Value[]): SqlSteps<LoggedChange[]> {
    const rows = yield statement(
      `SELECT * FROM main.change JOIN main."commit" USING (seq) ${rest}`,
      ...values,
    );
    return rows.map((row) => this.#changeOf(row));
  }

  #changeOf({
    guarded,
    not_before,
    not_after,
    started,
    ended,
    by,
    at,
    ...row
  }: Readonly<Record<string, unknown>>) {
    const wall = { notBefore: Number(not_before), notAfter: Number(not_after) };
    const sealed = guarded as Uint8Array | null;
    const isSecret = sealed?.length === 0;
    // Safe: the columns were written from a change.
    const change = row as unknown as LoggedChange;
    const isSealed = sealed !== null && !isSecret;
    const [before, after] = isSealed
      ? JSON.parse(this.#seal.open(nameOf(change), sealed))
      : [change.before, change.after].map((text) => text && fromColumn(text));
    return {
      ...change,
      key: `${this.#typeNames[change.kind]}:${change.id}`,
      before,
      after,
      wall,
      isSecret,
      isGuarded: sealed !== null,
      startedAt: Number(started),
      notBefore: Number(ended) - wall.notAfter + wall.notBefore,
      notAfter: Number(ended),
      by: by === null ? undefined : JSON.parse(String(by)),
    };
  }
}

/** Returns the horizon of all kinds after a change that no commit contains was lost. */
export const horizonAfter = ({ seq, n, wall }: LoggedChange): Horizons => ({
  all: { seq, n, since: wall.notAfter },
});

/** Reads the horizons; undefined if nothing was recorded. */
export function* readHorizons(): SqlSteps<Horizons | undefined> {
  const [row] = yield statement("SELECT value FROM main.about WHERE name = 'horizons'");
  return row && JSON.parse(String(row.value));
}

const setHorizons = (horizons: Horizons) =>
  statement(
    "INSERT INTO main.about VALUES ('horizons', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    JSON.stringify(horizons),
  );

/** Creates a statement. */
export const statement = (sql: string, ...values: Value[]): Statement => ({ sql, values });

/** Reads the number that a statement selects; 0 if it selects none. */
export function* number(sql: string, ...values: Value[]): SqlSteps<number> {
  const [row = {}] = yield statement(sql, ...values);
  return Number(Object.values(row)[0] ?? 0);
}

/** Returns a `?` for each value. */
export const marks = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

/** PostgreSQL accepts no empty list. */
const isOneOf = (values: readonly unknown[]) => `IN (${marks(values) || "NULL"})`;

/** Returns the name under which the values of a change are sealed. */
const nameOf = ({ seq, n }: LogPlace) => `change ${seq} ${n}`;
