import { AlmaError } from "../alma/index.ts";
import type { Entry } from "./entry.ts";
import { facts, type Kind, kinds } from "./kind.ts";
import type { Operation } from "./operation.ts";
import { type Count, type FirstReading, type Progress, warming } from "./progress.ts";
import { NEVER } from "./source.ts";
import type { Store } from "./store.ts";
import { knownAt, unlisted } from "./unlisted.ts";
import { Warmed } from "./warmed.ts";

/** What has to be known before it is known what listed records refer to and no list names. */
export const REFERRING: readonly Kind[] = kinds.filter((kind) => Object.keys(facts[kind].links).length > 0);

/** How far the first reading of everything is, and what operations wait for of it. */
export class Readiness {
  readonly #store: Store;
  readonly #kinds = new Map<Kind, Warmed>();
  /** What listed records refer to and no list names. */
  readonly unlisted = new Warmed();
  /** Kinds in the order in which they are to be read: asked-for ones move to the front. */
  #order: readonly Kind[] = kinds;

  constructor(store: Store) {
    this.#store = store;
    for (const kind of kinds) this.#kinds.set(kind, new Warmed());
  }

  /** How far one kind is. */
  of(kind: Kind): Warmed {
    return this.#kinds.get(kind) as Warmed;
  }

  /** Whether the first reading of a kind is over. */
  warm(kind: Kind): boolean {
    return this.of(kind).done;
  }

  /** All of it, that first which is waited for. */
  *inTurn(): Generator<Warmed> {
    for (const kind of this.#order) yield this.of(kind);
    yield this.unlisted;
  }

  /** How far it is. */
  progress(): FirstReading {
    const unlisted = this.#unlistedRead();
    return {
      warm: this.unlisted.done && kinds.every((kind) => this.warm(kind)),
      kinds: kinds.map((kind) => this.#read(kind)),
      ...(unlisted.of && { unlisted }),
    };
  }

  #read(kind: Kind): Progress {
    const { listed, listFailure } = this.#store.tables[kind];
    const { queue, done, failing } = this.of(kind);
    return {
      kind,
      read: done ? listed.length : countRead(listed),
      of: queue || done ? listed.length : undefined,
      ...(failing && listFailure && { failure: listFailure.error.message }),
    };
  }

  #unlistedRead(): Count {
    if (!this.unlisted.queue) return { read: 0, of: undefined };
    const found = [...unlisted(this.#store)];
    return { read: countRead(found), of: found.length };
  }

  /**
   * What an operation that needs all records of a kind waits for, if they are not read yet; the kind is read first
   * from now on. Throws CATALOG_WARMING if the operation's time is over before, and does not wait where the list
   * itself cannot be read: then the operation finds out why for itself.
   */
  ready(kind: Kind, operation: Operation): Promise<void> | undefined {
    const warmed = this.of(kind);
    if (warmed.done || warmed.failing) return undefined;
    this.#order = [kind, ...this.#order.filter((other) => other !== kind)];
    const what = `all records of type ${this.#store.tables[kind].facts.typeName}`;
    return this.#wait(warmed, operation, () => warming(what, this.#read(kind)));
  }

  /** The same for an operation that needs what others refer to and no list names. */
  readyUnlisted(operation: Operation): Promise<void> | undefined {
    if (this.unlisted.done || REFERRING.some((kind) => this.of(kind).failing)) return undefined;
    const what = "all records that others refer to and no list names";
    return this.#wait(this.unlisted, operation, () => warming(what, this.#unlistedRead()));
  }

  /** The same for an operation that needs these records, and may not read them itself. */
  readyAll(records: readonly Entry[], operation: Operation): Promise<void> | undefined {
    const listed = new Set(records.filter((entry) => entry.listed).map(({ kind }) => kind));
    const waits = [...listed].map((kind) => this.ready(kind, operation));
    if (records.some((entry) => !entry.listed)) waits.push(this.readyUnlisted(operation));
    return waits.some(Boolean) ? Promise.all(waits).then(() => {}) : undefined;
  }

  #wait({ ready }: Warmed, operation: Operation, overdue: () => AlmaError): Promise<void> {
    return operation.wait(ready).catch((reason) => {
      throw reason instanceof AlmaError && reason.code === "DEADLINE_EXCEEDED" ? overdue() : reason;
    });
  }
}

function countRead(entries: readonly Entry[]): number {
  return entries.filter((entry) => knownAt(entry) !== NEVER).length;
}
