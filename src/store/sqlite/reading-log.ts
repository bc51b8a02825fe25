import type { Moment } from "../lasting/lasting-store.ts";
import { packReadings, type ReadingTimes, unpackReadings } from "../lasting/reading-times.ts";
import type { FileSeal } from "../sealed/file-seal.ts";
import type { Database } from "./database.ts";
import { unseal } from "./layout.ts";

/** Milliseconds for which readings are gathered: a row of the log costs a page, however little it has. */
const GATHER_TIME = 5_000;
const NAME = "reading";

/**
 * When entries were last read with the same result. Where only a time has changed, only the time is written: at the end
 * of a log, since rows here and there would cost a page each.
 */
export class ReadingLog {
  readonly #database: Database;
  readonly #seal: FileSeal;
  /** By key, what is not in the log yet. */
  #gathered = new Map<string, ReadingTimes>();
  #gatheredSince: number | undefined;
  #size = 0;
  /** The size when each key was last in it once. */
  #foldedSize = 0;

  constructor(database: Database, seal: FileSeal) {
    this.#database = database;
    this.#seal = seal;
  }

  get isDue(): boolean {
    return this.#gatheredSince !== undefined && Date.now() - this.#gatheredSince >= GATHER_TIME;
  }

  note(key: string, times: ReadingTimes): void {
    this.#gathered.set(key, times);
    this.#gatheredSince ??= Date.now();
  }

  /** Drops what is older than what is stored of the entry. */
  forget(key: string): void {
    this.#gathered.delete(key);
  }

  /** The last reading of each key in the log. Throws if it is damaged. */
  read(): Map<string, ReadingTimes> {
    const readings = new Map<string, ReadingTimes>();
    this.#size = 0;
    for (const { value } of this.#database.prepare("SELECT value FROM reading ORDER BY seq").all()) {
      const gather = unpackReadings(unseal(this.#seal, NAME, value));
      for (const [key, times] of gather) readings.set(key, times);
      this.#size += gather.length;
    }
    return readings;
  }

  /** Writes what is gathered, within a transaction. */
  write(at: Moment): void {
    if (this.#size + this.#gathered.size <= 2 * this.#foldedSize + 1_000)
      this.#append(at, [...this.#gathered]);
    else {
      const readings = [...new Map([...this.read(), ...this.#gathered])];
      this.#database.exec("DELETE FROM reading");
      this.#size = 0;
      for (let start = 0; start < readings.length; start += 500)
        this.#append(at, readings.slice(start, start + 500));
      this.#foldedSize = this.#size;
    }
  }

  /** Forgets what was gathered: it is in the log for good. */
  clear(): void {
    this.#gathered = new Map();
    this.#gatheredSince = undefined;
  }

  #append({ clock, wall }: Moment, readings: readonly (readonly [string, ReadingTimes])[]): void {
    this.#database
      .prepare("INSERT INTO reading (clock, wall, value) VALUES (?, ?, ?)")
      .run(clock, wall, this.#seal.seal(NAME, packReadings(readings)));
    this.#size += readings.length;
  }
}
