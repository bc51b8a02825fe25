import { type Kind, kinds } from "../store/kind.ts";
import { NEVER } from "../store/source.ts";
import type { Store } from "../store/store.ts";
import { findUnlisted, knownAt } from "../store/unlisted.ts";

/** The age of what is known of one kind, for metrics. Ages in seconds; undefined when nothing is known. */
export interface KindStatus {
  readonly kind: Kind;
  readonly listed: number;
  readonly remembered: number;
  /** Listed records, and others that they refer to, whose details are not known, or not as of the last write. */
  readonly unread: number;
  readonly listAge: number | undefined;
  /** The age of the list or of the oldest detail that is known, unlisted ones that listed ones refer to included. */
  readonly indexAge: number | undefined;
}

/** The status of every kind at a time of the clock. */
export function statusOf(store: Store, now: number): KindStatus[] {
  const ageOf = (at: number) => (Number.isFinite(at) ? (now - at) / 1000 : undefined);
  const unlistedRecords = [...findUnlisted(store)];
  return kinds.map((kind) => {
    const table = store.tables[kind];
    const { listed, size } = table;
    const unlistedKnownAt = unlistedRecords.filter((cached) => cached.kind === kind).map(knownAt);
    const oldest = Math.min(table.indexAsOf(), ...unlistedKnownAt.filter((at) => at !== NEVER));
    return {
      kind,
      listed: listed.length,
      remembered: size,
      unread: [...listed.map(knownAt), ...unlistedKnownAt].filter((at) => at === NEVER).length,
      listAge: ageOf(table.listAt),
      indexAge: ageOf(oldest),
    };
  });
}
