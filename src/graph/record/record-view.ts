import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  EXISTS,
  findFieldError,
  type Kind,
  type KnownFields,
  type Level,
  NEVER,
  SUMMARY,
} from "../../catalog/index.ts";
import type { GraphContext } from "./context.ts";

/** What was known of a record at some time. */
export interface RecordVersion extends Pick<CachedRecord, "value" | "fieldErrors"> {
  readonly record: CachedRecord;
  readonly summaryAt: number;
  readonly detailAt: number;
}

/** What is known of a record now, for an answer to come. */
export function versionOf(record: CachedRecord): RecordVersion {
  const { value, fieldErrors } = record;
  return { record, value, fieldErrors, summaryAt: record.asOf(SUMMARY), detailAt: record.asOf(DETAIL) };
}

/**
 * A record in one answer: the parent that the resolvers of its type are given. It may be known in part, it carries
 * the age that its place in the query promises, and it keeps the version of the record that it began with unless it
 * must load. There is one handle per record and answer.
 */
export class RecordView<K extends Kind = Kind> {
  readonly context: GraphContext;
  readonly record: CachedRecord;
  /** What is served must be from a time after this. */
  cutoff: number;
  #value: Readonly<Record<string, unknown>>;
  #fieldErrors: CachedRecord["fieldErrors"];
  #summaryAt: number;
  #detailAt: number;
  /** When what is shown of a summary was told that is not known as a whole. */
  #partialAt = NEVER;
  /** By level; most records of an answer are known and load nothing. */
  #loads: (Promise<void> | undefined)[] | undefined;

  /** Begins with what is known now, or with an earlier version. */
  constructor(context: GraphContext, record: CachedRecord, cutoff: number, version?: RecordVersion) {
    this.context = context;
    this.record = record;
    this.cutoff = cutoff;
    this.#value = (version ?? record).value;
    this.#fieldErrors = (version ?? record).fieldErrors;
    this.#summaryAt = version ? version.summaryAt : record.asOf(SUMMARY);
    this.#detailAt = version ? version.detailAt : record.asOf(DETAIL);
  }

  get kind(): K {
    return this.record.kind as K;
  }

  get id(): number {
    return this.record.id;
  }

  /** What is known of the record, as this answer sees it. */
  get value(): KnownFields<K> {
    return this.#value as KnownFields<K>;
  }

  /** Whether what is shown of it was read before a time. */
  wasReadBefore(time: number): boolean {
    const at = Math.max(this.#summaryAt, this.#partialAt);
    return at > NEVER && at < time;
  }

  /** Asks that the record be younger than was promised so far: it was reached by a second, stricter path. */
  tightenCutoff(cutoff: number): void {
    if (cutoff <= this.cutoff) return;
    this.cutoff = cutoff;
    this.#loads = undefined;
  }

  /** A field, at once if it is known and young enough, else by way of the loader. Throws or rejects with AlmaError. */
  readField(field: string, level: Level): unknown {
    const readAt = level === DETAIL ? this.#detailAt : this.#reportedAt(field);
    if (!(readAt > this.cutoff)) return this.#readAfterLoad(field, level);
    this.context.operation.noteReading(readAt);
    return this.getField(field);
  }

  /** When a field of its summary was read: a list that leaves other fields open tells this one. */
  #reportedAt(field: string): number {
    const { record, cutoff } = this;
    if (this.#summaryAt > cutoff || this.#value !== record.value) return this.#summaryAt;
    const readAt = record.asOf(SUMMARY, field);
    if (readAt > cutoff)
      this.#partialAt = this.#partialAt > NEVER ? Math.min(this.#partialAt, readAt) : readAt;
    return readAt;
  }

  /** Nothing if the record is known well enough, else a promise that it will be. */
  ensureLevel(level: Level): Promise<void> | undefined {
    const readAt = level === DETAIL ? this.#detailAt : this.#summaryAt;
    if (level === EXISTS || readAt > this.cutoff) {
      if (level !== EXISTS) this.context.operation.noteReading(readAt);
      return undefined;
    }
    return this.#load(level);
  }

  async #readAfterLoad(field: string, level: Level): Promise<unknown> {
    await this.#load(level);
    return this.getField(field);
  }

  #load(level: Level): Promise<void> {
    this.#loads ??= [];
    this.#loads[level] ??= this.#loadLevel(level);
    return this.#loads[level];
  }

  async #loadLevel(level: Level): Promise<void> {
    const { context, record, cutoff } = this;
    const loaded = await context.load({ record: record, level, cutoff });
    this.#value = record.value;
    this.#fieldErrors = record.fieldErrors;
    this.#summaryAt = record.asOf(SUMMARY);
    this.#detailAt = record.asOf(DETAIL);
    if (!loaded && (level === DETAIL || Object.keys(this.#value).length === 0))
      throw missingRecordError(record.key);
    context.operation.noteReading(
      level === DETAIL ? record.detailAt : Math.max(record.detailAt, record.summaryAt),
    );
  }

  /** Throws AlmaError if Alma answered one of these fields unreadably: for what is worked out from them. */
  assertReadable(fields: readonly string[]): void {
    const error =
      this.#fieldErrors && findFieldError({ key: this.record.key, fieldErrors: this.#fieldErrors }, fields);
    if (error) throw error;
  }

  /** A field of what is known, after `ensure`. Throws AlmaError if Alma answered it unreadably. */
  getField(field: string): unknown {
    const value = this.#value[field];
    if (value !== null && value !== undefined) return value;
    if (this.#fieldErrors) this.assertReadable([field]);
    return null;
  }
}

/** That Alma has no record which another of its records, or a list, has named. */
export function missingRecordError(name: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma named ${name} but, asked for it, has no such record: it was removed meanwhile, or the reference to it is ` +
      "wrong. What is known of it is shown; the rest is null. Ask again in a moment; if it stays so, tell Alma's operator.",
  );
}
