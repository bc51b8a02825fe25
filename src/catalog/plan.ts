import { DETAIL, type Entry, EXISTS, type Level, SUMMARY } from "./entry.ts";
import type { Kind } from "./kind.ts";
import type { Store } from "./store.ts";

/** A record that a caller needs, how well, and how old it may be. Of a rental object the kind may be unknown. */
export interface Want {
  readonly record: Entry | { readonly rentalObject: number };
  readonly level: Level;
  /** The reading must be from a time after this. */
  readonly cutoff: number;
}

/** One call to Alma. */
export type Read =
  | { readonly list: Kind; readonly cutoff: number }
  | { readonly detail: Entry; readonly cutoff: number };

/** Kinds whose details show parts of records of other kinds. */
const SHOWN_BY: Partial<Record<Kind, readonly Kind[]>> = { unit: ["room"], building: ["unit", "room"] };

/**
 * Chooses the fewest calls that bring wanted records nearer. Pure: it is asked again after every round of reads,
 * with what is still wanted, until nothing is.
 *
 * - What needs a detail is a detail, and comes first if its parts may answer the others.
 * - Two or more of a kind that need no more than their list shows are that list.
 * - Units are told from rooms by the units list: what it does not name is asked for as a room, then as a unit.
 */
export function nextReads(store: Store, wants: readonly Want[]): Read[] {
  const round = new Round();
  const brief = new Map<Kind, Want[]>();
  const unknown: Want[] = [];
  for (const want of wants) {
    const entry = known(store, want);
    if (!entry) unknown.push(want);
    else if (want.level === DETAIL || store.tables[entry.kind].listKnown(want.cutoff))
      round.detail(entry, want.cutoff);
    else {
      const group = brief.get(entry.kind) ?? [];
      group.push({ ...want, record: entry });
      brief.set(entry.kind, group);
    }
  }
  for (const [kind, group] of brief) {
    const others = group.filter((want) => !round.takesAlong(want));
    if (others.length > 0) brief.set(kind, others);
    else brief.delete(kind);
  }
  const brings = (kind: Kind) => SHOWN_BY[kind]?.some((other) => round.kinds.has(other)) ?? false;
  const later = [...brief.keys()].filter(brings);
  if (unknown.length > 0 && !round.kinds.has("room")) place(store, unknown, round);
  for (const [kind, group] of brief) if (!later.includes(kind)) readBriefly(kind, group, round);
  return round.reads();
}

/** Of which kind the wanted record is, if that is known. */
export function known(store: Store, want: Want): Entry | undefined {
  const { record } = want;
  return "rentalObject" in record ? store.rentalObject(record.rentalObject) : record;
}

/** Records that their list would do for: alone as a detail, together as the list. */
function readBriefly(kind: Kind, group: readonly Want[], round: Round): void {
  const [only] = group;
  const distinct = new Set(group.map((want) => want.record));
  if (distinct.size === 1 && only && !("rentalObject" in only.record)) round.detail(only.record, only.cutoff);
  else for (const want of group) round.list(kind, want.cutoff);
}

/** Rental objects of unknown kind. */
function place(store: Store, wants: readonly Want[], round: Round): void {
  const { unit, room } = store.tables;
  const distinct = new Set(wants.map(({ record }) => "rentalObject" in record && record.rentalObject));
  for (const { record, level, cutoff } of wants) {
    if (!("rentalObject" in record)) continue;
    const id = record.rentalObject;
    if (!unit.listKnown(cutoff)) round.list("unit", cutoff);
    else if (room.entry(id).gone(cutoff)) round.detail(unit.entry(id), cutoff);
    else if (level === DETAIL || distinct.size === 1 || room.listKnown(cutoff))
      round.detail(room.entry(id), cutoff);
    else round.list("room", cutoff);
  }
}

/** Whether nothing has to be read any more for a want: it is known, or known not to be. */
export function isMet(store: Store, want: Want): boolean {
  const entry = known(store, want);
  if (entry) return entry.at(want.level) > want.cutoff || entry.gone(want.cutoff);
  if (!("rentalObject" in want.record)) return false;
  const id = want.record.rentalObject;
  const gone = (kind: "unit" | "room") => store.tables[kind].peek(id)?.gone(want.cutoff) ?? false;
  return gone("room") && gone("unit");
}

class Round {
  readonly kinds = new Set<Kind>();
  readonly #lists = new Map<Kind, number>();
  readonly #details = new Map<Entry, number>();

  detail(entry: Entry, cutoff: number): void {
    this.#details.set(entry, Math.max(cutoff, this.#details.get(entry) ?? cutoff));
    this.kinds.add(entry.kind);
  }

  /** Whether the wanted record's detail is read anyway, from now on for this want too. */
  takesAlong({ record, cutoff }: Want): boolean {
    if ("rentalObject" in record || !this.#details.has(record)) return false;
    this.detail(record, cutoff);
    return true;
  }

  list(kind: Kind, cutoff: number): void {
    this.#lists.set(kind, Math.max(cutoff, this.#lists.get(kind) ?? cutoff));
  }

  reads(): Read[] {
    return [
      ...[...this.#lists].map(([list, cutoff]) => ({ list, cutoff })),
      ...[...this.#details].map(([detail, cutoff]) => ({ detail, cutoff })),
    ];
  }
}

/** How well a record must be known for these fields. */
export function levelOf(summary: readonly string[], fields: Iterable<string>): Level {
  let level: Level = EXISTS;
  for (const field of fields) {
    if (!summary.includes(field)) return DETAIL;
    level = SUMMARY;
  }
  return level;
}
