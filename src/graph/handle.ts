import { AlmaError } from "../alma/index.ts";
import {
  DETAIL,
  type Entry,
  EXISTS,
  faultIn,
  type Kind,
  type Known,
  type Level,
  NEVER,
  SUMMARY,
} from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";

/** What was known of a record at some time. */
export interface Version extends Pick<Entry, "value" | "faults"> {
  readonly entry: Entry;
  readonly summaryAt: number;
  readonly detailAt: number;
}

/** What is known of a record now, for an answer to come. */
export function versionOf(entry: Entry): Version {
  const { value, faults } = entry;
  return { entry, value, faults, summaryAt: entry.at(SUMMARY), detailAt: entry.at(DETAIL) };
}

/**
 * A record in one answer: the parent that the resolvers of its type are given. It may be known in part, it carries
 * the age that its place in the query promises, and it keeps the version of the record that it began with unless it
 * must load. There is one handle per record and answer.
 */
export class Handle<K extends Kind = Kind> {
  readonly context: GraphContext;
  readonly entry: Entry;
  /** What is served must be from a time after this. */
  cutoff: number;
  #value: Readonly<Record<string, unknown>>;
  #faults: Entry["faults"];
  #summaryAt: number;
  #detailAt: number;
  /** When what is shown of a summary was told that is not known as a whole. */
  #partAt = NEVER;
  /** By level; most records of an answer are known and load nothing. */
  #loads: (Promise<void> | undefined)[] | undefined;

  /** Begins with what is known now, or with an earlier version. */
  constructor(context: GraphContext, entry: Entry, cutoff: number, version?: Version) {
    this.context = context;
    this.entry = entry;
    this.cutoff = cutoff;
    this.#value = (version ?? entry).value;
    this.#faults = (version ?? entry).faults;
    this.#summaryAt = version ? version.summaryAt : entry.at(SUMMARY);
    this.#detailAt = version ? version.detailAt : entry.at(DETAIL);
  }

  get kind(): K {
    return this.entry.kind as K;
  }

  get id(): number {
    return this.entry.id;
  }

  /** What is known of the record, as this answer sees it. */
  get value(): Known<K> {
    return this.#value as Known<K>;
  }

  /** Whether what is shown of it was read before a time. */
  readBefore(time: number): boolean {
    const at = Math.max(this.#summaryAt, this.#partAt);
    return at > NEVER && at < time;
  }

  /** Whether a write has ended that may have changed it, since what is shown of it was read. */
  get overtaken(): boolean {
    const { touchedAt, changedAt } = this.entry;
    const brief = isOld(this.#summaryAt, touchedAt) || isOld(this.#partAt, touchedAt);
    return brief || isOld(this.#detailAt, Math.max(touchedAt, changedAt));
  }

  /** Asks that the record be younger than was promised so far: it was reached by a second, stricter path. */
  tighten(cutoff: number): void {
    if (cutoff <= this.cutoff) return;
    this.cutoff = cutoff;
    this.#loads = undefined;
  }

  /** A field, at once if it is known and young enough, else by way of the loader. Throws or rejects with AlmaError. */
  read(field: string, level: Level): unknown {
    const at = level === DETAIL ? this.#detailAt : this.#toldAt(field);
    if (!(at > this.cutoff)) return this.#readLater(field, level);
    this.context.work.saw(at);
    return this.known(field);
  }

  /** When a field of its summary was read: a list that leaves other fields open tells this one. */
  #toldAt(field: string): number {
    const { entry, cutoff } = this;
    if (this.#summaryAt > cutoff || this.#value !== entry.value) return this.#summaryAt;
    const at = entry.at(SUMMARY, field);
    if (at > cutoff) this.#partAt = this.#partAt > NEVER ? Math.min(this.#partAt, at) : at;
    return at;
  }

  /** Nothing if the record is known well enough, else a promise that it will be. */
  ensure(level: Level): Promise<void> | undefined {
    const at = level === DETAIL ? this.#detailAt : this.#summaryAt;
    if (level === EXISTS || at > this.cutoff) {
      if (level !== EXISTS) this.context.work.saw(at);
      return undefined;
    }
    return this.#load(level);
  }

  async #readLater(field: string, level: Level): Promise<unknown> {
    await this.#load(level);
    return this.known(field);
  }

  #load(level: Level): Promise<void> {
    this.#loads ??= [];
    this.#loads[level] ??= this.#loadNow(level);
    return this.#loads[level];
  }

  async #loadNow(level: Level): Promise<void> {
    const { context, entry, cutoff } = this;
    const found = await context.load({ record: entry, level, cutoff });
    this.#value = entry.value;
    this.#faults = entry.faults;
    this.#summaryAt = entry.at(SUMMARY);
    this.#detailAt = entry.at(DETAIL);
    if (!found && (level === DETAIL || Object.keys(this.#value).length === 0)) throw vanished(entry.key);
    context.work.saw(level === DETAIL ? entry.detailAt : Math.max(entry.detailAt, entry.summaryAt));
  }

  /** Throws AlmaError if Alma answered one of these fields unreadably: for what is worked out from them. */
  trust(fields: readonly string[]): void {
    const error = this.#faults && faultIn({ key: this.entry.key, faults: this.#faults }, fields);
    if (error) throw error;
  }

  /** A field of what is known, after `ensure`. Throws AlmaError if Alma answered it unreadably. */
  known(field: string): unknown {
    const value = this.#value[field];
    if (value !== null && value !== undefined) return value;
    if (this.#faults) this.trust([field]);
    return null;
  }
}

/** Whether there was a reading, and a write has ended since. */
function isOld(at: number, writtenAt: number): boolean {
  return at > NEVER && at <= writtenAt;
}

/** That Alma has no record which another of its records, or a list, has named. */
export function vanished(name: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma named ${name} but, asked for it, has no such record: it was removed meanwhile, or the reference to it is ` +
      "wrong. What is known of it is shown; the rest is null. Ask again in a moment; if it stays so, tell Alma's operator.",
  );
}
