import type { LoggedChange } from "../../catalog/index.ts";
import type { Commit } from "../lasting/lasting-store.ts";
import type { FileSeal } from "../sealed/file-seal.ts";
import type { Database } from "./database.ts";

/** The changes that are stored. */
export class ChangeTable {
  readonly #database: Database;
  readonly #seal: FileSeal;
  /** Fields that need a scope, as `Client.email`. */
  readonly #guardedFields: ReadonlySet<string>;

  constructor(database: Database, seal: FileSeal, guardedFields: ReadonlySet<string>) {
    this.#database = database;
    this.#seal = seal;
    this.#guardedFields = guardedFields;
  }

  /** Notes within a transaction that a process begins. Returns the number of that. */
  begin(term: string, at: number): number {
    const last = this.#database.prepare('SELECT max(seq) AS seq FROM "commit"').get();
    const seq = Number(last?.seq ?? 0) + 1;
    this.#noteCommit(seq, term, at);
    return seq;
  }

  /** Stores the changes of a commit, within a transaction. */
  write({ changes, at }: Pick<Commit, "changes" | "at">): void {
    const [first] = changes;
    if (!first) return;
    this.#noteCommit(first.seq, first.term, at.wall);
    const insert = this.#database.prepare(
      "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    for (const change of changes) {
      const { seq, n, kind, id, event, field, before, after, origin, by, startedAt, notAfter } = change;
      const { wall } = change;
      const isGuarded = this.#isGuarded(change);
      insert.run(
        ...[seq, n, kind, id, event, field],
        ...(isGuarded
          ? [null, null, this.#seal.seal(nameOf(change), JSON.stringify([before, after]))]
          : [before, after, null]),
        ...[Math.floor(wall.notBefore), Math.ceil(wall.notAfter), origin],
        by === undefined ? null : JSON.stringify(by),
        ...[startedAt, notAfter],
      );
    }
  }

  #noteCommit(seq: number, term: string, at: number): void {
    this.#database.prepare('INSERT INTO "commit" VALUES (?, ?, ?)').run(seq, term, at);
  }

  /** Whether the values are sealed. Where they are not kept at all, there is nothing to seal. */
  #isGuarded({ key, field, before, after }: LoggedChange): boolean {
    return (before ?? after) !== null && this.#guardedFields.has(`${key.split(":")[0]}.${field}`);
  }
}

/** The name under which the values of a change are sealed. */
const nameOf = ({ seq, n }: Pick<LoggedChange, "seq" | "n">): string => `change ${seq} ${n}`;
