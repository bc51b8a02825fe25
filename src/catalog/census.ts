import type { AlmaError } from "../alma/index.ts";
import { DETAIL, type Entry } from "./entry.ts";
import { faultIn } from "./fault.ts";
import { unreachable } from "./load.ts";
import type { Operation } from "./operation.ts";
import { NEVER } from "./source.ts";
import type { Table } from "./table.ts";

/** Records of which nobody can say whether they belong, each with the reason. */
export type Unread = readonly { readonly entry: Entry; readonly error: AlmaError }[];

/** Who is not to be chosen from. */
interface LeftOut {
  readonly out: ReadonlySet<Entry>;
  readonly unread: Unread;
  /** All the others of the table. */
  present?: readonly Entry[];
}

/** Who of a table's listed records is known well enough for an operation: one census per operation and version. */
export class Census {
  readonly version: number;
  /** Those whose details have to be read. */
  readonly missing: Entry[] = [];
  /** Those that could not be read. */
  readonly unread: Unread[number][] = [];
  /** Those of which Alma answered something unreadably. */
  readonly #faulty: Entry[] = [];
  /** Those that could not be read, or were found gone since the list was read. */
  readonly #out = new Set<Entry>();
  readonly #left = new Map<string, LeftOut>();

  constructor(table: Table, operation: Operation) {
    this.version = table.version;
    const since = operation.failuresSince(operation.index);
    for (const entry of table.listed) {
      if (entry.gone(operation.index)) {
        this.#out.add(entry);
        continue;
      }
      if (entry.at(DETAIL) > operation.index) {
        if (entry.faults) this.#faulty.push(entry);
        continue;
      }
      const error = entry.failed(since);
      if (!error) this.missing.push(entry);
      else if (!(operation.serveStale && unreachable(error) && entry.detailAt > NEVER)) {
        this.unread.push({ entry, error });
        this.#out.add(entry);
      }
    }
  }

  /** Who is left out where these fields decide. Worked out once: the reverse edges of 1,000 records ask for it. */
  leftOut(fields: readonly string[]): LeftOut {
    const key = this.#faulty.length > 0 ? fields.join() : "";
    let left = this.#left.get(key);
    if (!left) {
      const lost = this.#faulty.flatMap((entry) => {
        const error = faultIn(entry, fields);
        return error ? [{ entry, error }] : [];
      });
      const out = new Set([...this.#out, ...lost.map(({ entry }) => entry)]);
      left = { out, unread: [...this.unread, ...lost] };
      this.#left.set(key, left);
    }
    return left;
  }
}
