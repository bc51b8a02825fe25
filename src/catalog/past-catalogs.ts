import type { Catalog } from "./catalog.ts";
import { findUnknown, PastCatalog } from "./past-catalog.ts";

/** How many are kept, and for how many milliseconds after their last use. */
const MAX_KEPT = 2;
const KEPT_FOR = 600_000;

/** A past catalog that somebody looks at until it is released. */
export interface UsedPast {
  readonly catalog: PastCatalog;
  release(): void;
}

interface Kept {
  readonly catalog: PastCatalog;
  users: number;
  usedAt: number;
}

/**
 * The catalogs of the past, made when they are asked for, one at a time, and kept for a while. One that nobody looks at
 * goes back to an earlier time itself, since whoever walks through the past from its end then undoes each change once.
 */
export class PastCatalogs {
  readonly #live: Catalog;
  /** The one that was used last is the last. */
  #kept: Kept[] = [];
  #making: Promise<unknown> = Promise.resolve();
  #onRelease = () => {};
  #expiry: NodeJS.Timeout | undefined;

  constructor(live: Catalog) {
    this.#live = live;
  }

  /** The catalog of a time by the wall clock. Rejects with NOT_KNOWN_THEN, and with what the store of changes says. */
  at(time: number): Promise<UsedPast> {
    const made = this.#making.then(() => this.#take(time));
    this.#making = made.catch(() => {});
    return made;
  }

  async #take(time: number): Promise<UsedPast> {
    const unknown = findUnknown(this.#live, time);
    // What is forgotten by now is not shown from what was kept.
    const isSame = ({ catalog }: Kept) => [...unknown.keys()].join() === [...catalog.unknown.keys()].join();
    const known = this.#kept.find((kept) => kept.catalog.time === time && isSame(kept));
    if (known) return this.#use(known);
    while (this.#kept.length === MAX_KEPT && this.#kept.every(({ users }) => users > 0))
      await new Promise<void>((resolve) => {
        this.#onRelease = resolve;
      });
    const idle = this.#kept.filter(({ users }) => users === 0);
    const later = idle.filter((kept) => kept.catalog.time > time && isSame(kept));
    const [nearest] = later.sort((one, other) => one.catalog.time - other.catalog.time);
    const replaced = nearest ?? (this.#kept.length === MAX_KEPT ? idle[0] : undefined);
    // It is given up meanwhile, so that it is not used if this fails.
    this.#kept = this.#kept.filter((kept) => kept !== replaced);
    await nearest?.catalog.goBack(time);
    const catalog = nearest?.catalog ?? (await PastCatalog.of(this.#live, time, unknown));
    return this.#use({ catalog, users: 0, usedAt: 0 });
  }

  #use(kept: Kept): UsedPast {
    this.#kept = [...this.#kept.filter((other) => other !== kept), kept];
    kept.users++;
    const release = () => {
      kept.users--;
      kept.usedAt = performance.now();
      this.#onRelease();
      this.#expiry ??= setTimeout(() => this.#expire(), KEPT_FOR).unref();
    };
    return { catalog: kept.catalog, release };
  }

  #expire(): void {
    this.#kept = this.#kept.filter(({ users, usedAt }) => users > 0 || performance.now() - usedAt < KEPT_FOR);
    this.#expiry = this.#kept.length > 0 ? setTimeout(() => this.#expire(), KEPT_FOR).unref() : undefined;
  }
}
