import type {
  ChangeQuery,
  Horizons,
  Kind,
  LoggedChange,
  LoggedPast,
  Place,
  StoredChange,
} from "../../catalog/index.ts";
import type { Commit } from "../lasting/lasting-store.ts";
import type { FileSeal } from "../sealed/file-seal.ts";
import type { Database, Row } from "./database.ts";
import { unseal } from "./layout.ts";

/** The last changes of which a process knows when it begins: no reading is older that is compared then. */
const RECENT = 20_000;

/** The changes that are stored. */
export class ChangeTable {
  readonly #database: Database;
  readonly #seal: FileSeal;

  constructor(database: Database, seal: FileSeal) {
    this.#database = database;
    this.#seal = seal;
  }

  /** Notes within a transaction that a process begins. Returns what it goes on from. */
  begin(term: string, at: number): LoggedPast {
    const seq = 1 + this.#number('SELECT max(seq) FROM "commit"');
    this.#noteCommit(seq, term, at);
    const horizons = this.#horizons ?? { all: { seq, n: 0, since: at } };
    this.#setHorizons(horizons);
    const newest = this.#select("ORDER BY seq DESC, n DESC LIMIT ?", RECENT + 1);
    return { seq, horizons, older: newest[RECENT], recent: newest.slice(0, RECENT).reverse() };
  }

  /** Stores the changes of a commit, within a transaction. */
  write({ changes, lost, at }: Pick<Commit, "changes" | "lost" | "at">): void {
    if (lost) this.#setHorizons({ ...this.#horizons, all: placeOf(lost, lost.wall.notAfter) });
    const [first] = changes;
    if (!first) return;
    this.#noteCommit(first.seq, first.term, at.wall);
    const insert = this.#database.prepare(
      "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    for (const change of changes) {
      const { seq, n, kind, id, event, field, before, after, wall, origin, by, startedAt, notAfter } = change;
      const isOpen = !change.isGuarded;
      insert.run(
        ...[seq, n, kind, id, event, field, isOpen ? before : null, isOpen ? after : null],
        isOpen ? null : this.#sealValues(change),
        ...[wall.notBefore, wall.notAfter, origin],
        by === undefined ? null : JSON.stringify(by),
        ...[startedAt, notAfter],
      );
    }
  }

  /** No bytes, where the values are not kept. */
  #sealValues({ isSecret, before, after, seq, n }: LoggedChange): Buffer {
    return isSecret ? Buffer.alloc(0) : this.#seal.seal(nameOf({ seq, n }), JSON.stringify([before, after]));
  }

  /** As `StoredChanges`. */
  hasCommit(term: string, seq: number): boolean {
    return this.#number('SELECT count(*) FROM "commit" WHERE seq = ? AND term = ?', seq, term) > 0;
  }

  /** As `StoredChanges`. */
  read({ kinds, record, fields, after, limit }: ChangeQuery, until: Place): StoredChange[] {
    const conditions = [`kind IN (${marks(kinds)})`, "(seq, n) <= (?, ?)"];
    const values: (string | number)[] = [...kinds, until.seq, until.n];
    const add = (condition: string, ...more: (string | number)[]) => {
      conditions.push(condition);
      values.push(...more);
    };
    if (record) add("id = ?", record.id);
    if (fields) add(`field IN (${marks(fields)})`, ...fields);
    if (after) add(`(seq, n) ${record ? "<" : ">"} (?, ?)`, after.seq, after.n);
    const order = record ? "DESC" : "ASC";
    return this.#select(
      `WHERE ${conditions.join(" AND ")} ORDER BY seq ${order}, n ${order} LIMIT ?`,
      ...values,
      limit,
    );
  }

  /** As `LastingStore.forgetChanges`, within a transaction. */
  forget(before: Readonly<Partial<Record<Kind, number>>>): Horizons {
    let horizons = this.#horizons ?? {};
    for (const [kind, since] of Object.entries(before)) {
      // What was forgotten before is not looked at again.
      const { seq, n } = horizons[kind as Kind] ?? { seq: 0, n: 0 };
      const end = this.#number('SELECT max(seq) FROM "commit" WHERE seq >= ? AND at < ?', seq, since);
      const old = "WHERE kind = ? AND (seq, n) > (?, ?) AND seq <= ?";
      const [last] = this.#select(`${old} ORDER BY seq DESC, n DESC LIMIT 1`, kind, seq, n, end);
      if (!last) continue;
      this.#database.prepare(`DELETE FROM change ${old}`).run(kind, seq, n, end);
      horizons = { ...horizons, [kind]: placeOf(last, since) };
    }
    this.#setHorizons(horizons);
    return horizons;
  }

  #select(rest: string, ...values: (string | number)[]): StoredChange[] {
    const rows = this.#database
      .prepare(`SELECT * FROM change JOIN "commit" USING (seq) ${rest}`)
      .all(...values);
    return rows.map((row) => this.#changeOf(row));
  }

  #changeOf({ guarded, not_before, not_after, started, ended, by, at, ...row }: Row): StoredChange {
    const wall = { notBefore: Number(not_before), notAfter: Number(not_after) };
    const sealed = guarded as Uint8Array | null;
    const isSecret = sealed?.length === 0;
    const name = nameOf(row as unknown as Place);
    const [before, after] =
      sealed && !isSecret ? JSON.parse(unseal(this.#seal, name, sealed)) : [row.before, row.after];
    // Safe: the columns are what was written of a change.
    return {
      ...(row as unknown as StoredChange),
      ...{ before, after, wall, isSecret, isGuarded: sealed !== null },
      startedAt: Number(started),
      notBefore: Number(ended) - wall.notAfter + wall.notBefore,
      notAfter: Number(ended),
      by: by === null ? undefined : JSON.parse(String(by)),
    };
  }

  get #horizons(): Horizons | undefined {
    const row = this.#database.prepare("SELECT value FROM about WHERE name = 'horizons'").get();
    return row && JSON.parse(String(row.value));
  }

  #setHorizons(horizons: Horizons): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO about VALUES ('horizons', ?)")
      .run(JSON.stringify(horizons));
  }

  #number(sql: string, ...values: (string | number)[]): number {
    return Number(Object.values(this.#database.prepare(sql).get(...values) ?? {})[0] ?? 0);
  }

  #noteCommit(seq: number, term: string, at: number): void {
    this.#database.prepare('INSERT INTO "commit" VALUES (?, ?, ?)').run(seq, term, at);
  }
}

const marks = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

const placeOf = ({ seq, n }: Place, since: number) => ({ seq, n, since });

/** The name under which the values of a change are sealed. */
const nameOf = ({ seq, n }: Place): string => `change ${seq} ${n}`;
