import { DETAIL, NEVER } from "./entry.ts";
import { type Kind, kinds } from "./kind.ts";
import type { Store } from "./store.ts";

/** The age of what is known of one kind, for metrics. Ages in seconds; undefined when nothing is known. */
export interface KindStatus {
  readonly kind: Kind;
  readonly listed: number;
  readonly remembered: number;
  /** Listed records whose details are not known: not read yet, unreadable, or changed by a write since. */
  readonly unread: number;
  readonly listAge: number | undefined;
  /** The age of the list or of the oldest detail that is known, whichever is older. */
  readonly indexAge: number | undefined;
}

/** The status of every kind at a time of the clock. */
export function statusOf(store: Store, now: number): KindStatus[] {
  const age = (at: number) => (Number.isFinite(at) ? (now - at) / 1000 : undefined);
  return kinds.map((kind) => {
    const table = store.tables[kind];
    const { listed, size } = table;
    return {
      kind,
      listed: listed.length,
      remembered: size,
      unread: listed.filter((entry) => entry.at(DETAIL) === NEVER).length,
      listAge: age(table.listAt),
      indexAge: age(table.indexAt()),
    };
  });
}
