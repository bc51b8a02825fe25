import { type Key, type Kind, keyOf, type Seen } from "./world.ts";

interface Version {
  readonly from: number;
  /** Undefined: there was no such record. */
  readonly seen: Seen | undefined;
}

/**
 * What every record was when, and since when a write that has returned keeps answers from showing it as it was before.
 */
export class History {
  readonly #versions = new Map<Key, Version[]>();
  readonly #floors = new Map<Key, number[]>();
  #now = new Map<Key, Seen>();

  constructor(seen: Map<Key, Seen>, at: number) {
    this.#now = seen;
    for (const [key, one] of seen) this.#versions.set(key, [{ from: at, seen: one }]);
  }

  /** The records as they are now. */
  get now(): ReadonlyMap<Key, Seen> {
    return this.#now;
  }

  /** Every record of a kind that there ever was, newest first. */
  keys(kind: Kind): Key[] {
    return [...this.#versions.keys()]
      .filter((key) => key.startsWith(`${kind}:`))
      .sort((a, b) => idOf(b) - idOf(a));
  }

  /** Takes in how Alma is now; gives the records that are not what they were. */
  take(seen: Map<Key, Seen>, at: number): Key[] {
    const keys = new Set([...this.#now.keys(), ...seen.keys()]);
    const changed = [...keys].filter((key) => !same(this.#now.get(key), seen.get(key)));
    for (const key of changed) {
      const versions = this.#versions.get(key) ?? [{ from: Number.NEGATIVE_INFINITY, seen: undefined }];
      this.#versions.set(key, [...versions, { from: at, seen: seen.get(key) }]);
    }
    this.#now = seen;
    return changed;
  }

  /** A write that changed the record has returned: what was before is not shown any more. */
  raise(key: Key, at: number): void {
    this.#floors.set(key, [...(this.#floors.get(key) ?? []), at]);
  }

  /** Since when a record that is shown at some time has to be as it was then or later. */
  floor(key: Key, shownAt: number): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...(this.#floors.get(key) ?? []).filter((at) => at <= shownAt));
  }

  /** What a record was at a time, and everything that it has been since. */
  since(key: Key, time: number): (Seen | undefined)[] {
    const versions = this.#versions.get(key) ?? [{ from: time, seen: undefined }];
    return versions
      .filter((_, index) => (versions[index + 1]?.from ?? Number.POSITIVE_INFINITY) > time)
      .map(({ seen }) => seen);
  }
}

/** Throws unless it is so. */
export function ensure(holds: boolean, about: () => string): void {
  if (!holds) throw new Error(about());
}

/** Throws unless it is one of these. */
export function oneOf<T>(allowed: readonly T[], shown: T, about: string): void {
  ensure(allowed.includes(shown), () => `${about} is ${show(shown)}, and may be ${show(allowed)}`);
}

const show = (value: unknown) => JSON.stringify(value);

export function idOf(key: Key): number {
  return Number(key.split(":")[1]);
}

function same(one: Seen | undefined, other: Seen | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A record and those from which three references at most lead to it, or to which they lead from it. */
export function neighbours(key: Key, all: readonly Seen[]): ReadonlySet<Key> {
  let near = new Set<Key>([key]);
  for (let step = 0; step < 3; step++) {
    const next = new Set(near);
    for (const { kind, id, links } of all) {
      const own = keyOf(kind, id);
      for (const target of Object.values(links)) {
        if (!target) continue;
        if (near.has(own)) next.add(target);
        if (near.has(target)) next.add(own);
      }
    }
    near = next;
  }
  return near;
}
