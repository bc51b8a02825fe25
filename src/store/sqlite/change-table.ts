import type { LoggedChange } from "../../catalog/index.ts";
import type { Commit } from "../lasting/lasting-store.ts";
import type { FileSeal } from "../sealed/file-seal.ts";
import type { Database } from "./database.ts";

/** The changes that are stored. */
export class ChangeTable {
  readonly #database: Database;
  readonly #seal: FileSeal;

  constructor(database: Database, seal: FileSeal) {
    this.#database = database;
    this.#seal = seal;
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
      const { seq, n, kind, id, event, field, before, after, wall, origin, by, startedAt, notAfter } = change;
      const isOpen = !change.isGuarded;
      insert.run(
        ...[seq, n, kind, id, event, field, isOpen ? before : null, isOpen ? after : null],
        isOpen ? null : this.#sealValues(change),
        ...[Math.floor(wall.notBefore), Math.ceil(wall.notAfter), origin],
        by === undefined ? null : JSON.stringify(by),
        ...[startedAt, notAfter],
      );
    }
  }

  /** No bytes, where the values are not kept. */
  #sealValues({ isSecret, before, after, seq, n }: LoggedChange): Buffer {
    return isSecret
      ? Buffer.alloc(0)
      : this.#seal.seal(`change ${seq} ${n}`, JSON.stringify([before, after]));
  }

  #noteCommit(seq: number, term: string, at: number): void {
    this.#database.prepare('INSERT INTO "commit" VALUES (?, ?, ?)').run(seq, term, at);
  }
}
