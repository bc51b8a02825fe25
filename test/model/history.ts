import { type Key, type Kind, keyOf, type RecordState } from "./world.ts";

interface Version {
  /** The model's time, in milliseconds. */
  readonly from: number;
  /** Undefined if no such record existed. */
  readonly state: RecordState | undefined;
}

/**
 * Every state of each record and its start. Each record has *floors*: the times at which writes that changed it
 * returned. A query received after a floor must not be answered with a state that ended before it.
 */
export class History {
  readonly #versions = new Map<Key, Version[]>();
  readonly #floors = new Map<Key, number[]>();
  #now = new Map<Key, RecordState>();

  constructor(states: Map<Key, RecordState>, at: number) {
    this.#now = states;
    for (const [key, one] of states) this.#versions.set(key, [{ from: at, state: one }]);
  }

  /** The current records. */
  get now(): ReadonlyMap<Key, RecordState> {
    return this.#now;
  }

  /** Every record of a kind that ever existed, the highest id first. */
  keys(kind: Kind): Key[] {
    return [...this.#versions.keys()]
      .filter((key) => key.startsWith(`${kind}:`))
      .sort((a, b) => idOf(b) - idOf(a));
  }

  /** Records the current states. Returns the records whose state has changed. */
  update(states: Map<Key, RecordState>, at: number): Key[] {
    const keys = new Set([...this.#now.keys(), ...states.keys()]);
    const changed = [...keys].filter((key) => !isSame(this.#now.get(key), states.get(key)));
    for (const key of changed) {
      const versions = this.#versions.get(key) ?? [{ from: Number.NEGATIVE_INFINITY, state: undefined }];
      this.#versions.set(key, [...versions, { from: at, state: states.get(key) }]);
    }
    this.#now = states;
    return changed;
  }

  /** Records that a write that changed the record returned at `at`. */
  addFloor(key: Key, at: number): void {
    this.#floors.set(key, [...(this.#floors.get(key) ?? []), at]);
  }

  /** The last floor of a record up to `shownAt`. */
  floor(key: Key, shownAt: number): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...(this.#floors.get(key) ?? []).filter((at) => at <= shownAt));
  }

  /** The states of a record at a time and since. */
  since(key: Key, time: number): (RecordState | undefined)[] {
    const versions = this.#versions.get(key) ?? [{ from: time, state: undefined }];
    return versions
      .filter((_, index) => (versions[index + 1]?.from ?? Number.POSITIVE_INFINITY) > time)
      .map(({ state }) => state);
  }
}

/** Throws a message unless `isTrue`. */
export function ensure(isTrue: boolean, about: () => string): void {
  if (!isTrue) throw new Error(about());
}

/** Throws unless the shown value is allowed. */
export function ensureOneOf<T>(allowed: readonly T[], shown: T, about: string): void {
  ensure(allowed.includes(shown), () => `${about} is ${print(shown)}, and may be ${print(allowed)}`);
}

const print = (value: unknown) => JSON.stringify(value);

export function idOf(key: Key): number {
  return Number(key.split(":")[1]);
}

function isSame(one: RecordState | undefined, other: RecordState | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A record, and the records that up to three relations, followed either way, lead to. */
export function neighbours(key: Key, all: readonly RecordState[]): ReadonlySet<Key> {
  let reached = new Set<Key>([key]);
  for (let step = 0; step < 3; step++) {
    const next = new Set(reached);
    for (const { kind, id, relations } of all) {
      const own = keyOf(kind, id);
      for (const target of Object.values(relations)) {
        if (!target) continue;
        if (reached.has(own)) next.add(target);
        if (reached.has(target)) next.add(own);
      }
    }
    reached = next;
  }
  return reached;
}
