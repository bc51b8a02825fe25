import type { World } from "./world.ts";

/** An Alma of a few records, each a number that every write increments. It records when it showed each version. */
export class SimulatedAlma {
  readonly world: World;
  /** The maximum duration of a write (ALMA_TIMEOUT). */
  readonly timeout: number;
  /** When each version of a record began. */
  readonly versions: number[][];
  readonly applied = new Map<
    string,
    { readonly record: number; readonly version: number; readonly sentAt: number }
  >();
  /** The intents of writes that may still be performed. */
  readonly underWay = new Set<string>();
  /** Called when a slow write has been sent. */
  whenSlow: () => void = () => {};
  readonly #fail: (what: string) => void;

  /** The number of the term in which a record was last written. */
  readonly #lastTerms = new Map<number, number>();
  readonly #termNumber: (token: string) => number;

  constructor(
    world: World,
    records: number,
    timeout: number,
    termNumber: (token: string) => number,
    fail: (what: string) => void,
  ) {
    this.#termNumber = termNumber;
    this.world = world;
    this.timeout = timeout;
    this.#fail = fail;
    this.versions = Array.from({ length: records }, () => [Number.NEGATIVE_INFINITY]);
  }

  versionOf(record: number): number {
    return (this.versions[record]?.length ?? 0) - 1;
  }

  /** When a version was replaced by the next one. */
  endOf(record: number, version: number): number {
    return this.versions[record]?.[version + 1] ?? Number.POSITIVE_INFINITY;
  }

  /** The version of a record after the writes that were sent before a time. */
  writtenBefore(record: number, time: number): number {
    let last = 0;
    for (const write of this.applied.values())
      if (write.record === record && write.sentAt < time) last = Math.max(last, write.version);
    return last;
  }

  change(record: number): number {
    this.versions[record]?.push(this.world.now);
    return this.versionOf(record);
  }

  /** A read; it occasionally fails. */
  async read<T>(look: () => T): Promise<T> {
    await this.world.sleep(this.world.random() * 60);
    if (this.world.random() < 0.02) throw new Error("Alma fails.");
    const seen = look();
    await this.world.sleep(this.world.random() * 60);
    return seen;
  }

  /**
   * Sends a write now. `id`: the id of its intent. The request or the answer may be lost; the write is performed within
   * `timeout`, or never.
   */
  async write(operation: string, record: number, term: string, id: string): Promise<number> {
    const { world } = this;
    const sentAt = world.now;
    this.underWay.add(id);
    const isSlow = world.random() < 0.5;
    if (isSlow) this.whenSlow();
    await world.sleep(isSlow ? this.timeout * (0.2 + 0.7 * world.random()) : world.random() * 50);
    this.underWay.delete(id);
    if (world.random() < 0.05) return this.#lost();
    if (this.applied.has(operation)) this.#fail(`${operation} was performed twice`);
    const number = this.#termNumber(term);
    if (number < (this.#lastTerms.get(record) ?? 0))
      this.#fail(`${operation} of ${term} landed on a newer term's`);
    this.#lastTerms.set(record, number);
    const version = this.change(record);
    this.applied.set(operation, { record, version, sentAt });
    if (world.random() < 0.05) return this.#lost();
    await world.sleep(world.random() * 50);
    return version;
  }

  #lost(): Promise<number> {
    return new Promise(() => {});
  }
}
