import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { DETAIL } from "../record/source.ts";
import type { LookupKind, Store } from "../store/store.ts";
import type { PlannedRead, ReadRequest } from "./read-plan.ts";

/** What a call reads: the list of a kind, one record, or the record that a Bitrix id leads to. */
type ReadForm = "LIST" | "DETAIL" | "LOOKUP";

/** One call of an operation, and why it is needed. */
export interface ExplainedCall {
  readonly read: ReadForm;
  readonly kind: LookupKind;
  readonly why: string;
  /** The record that is read; undefined for lists, and for lookups. */
  readonly record?: CachedRecord;
}

/**
 * What an operation costs: every call that it needs, with the reason. A dry explanation is noted *instead of* making
 * the calls: the operation then goes on with what is known, as if Alma answered what it answered before. Where another
 * answer could lead to other calls, that is a doubt.
 */
export class Explanation {
  /** Whether calls are noted and not made. */
  readonly isDry: boolean;
  readonly calls: ExplainedCall[] = [];
  /** Why other calls may be needed than those noted, in sentences; none if the explanation is exact. */
  readonly doubts = new Set<string>();
  /** The kinds whose lists decide what belongs to the connections of the answer. */
  readonly lists = new Set<Kind>();
  readonly #assumedDetails = new Set<CachedRecord>();
  readonly #assumedEmbedded = new Set<CachedRecord>();
  readonly #assumedLists = new Set<Kind>();
  readonly #assumedLookups = new Set<string>();
  #answers: Promise<void> | undefined;

  constructor(isDry: boolean) {
    this.isDry = isDry;
  }

  /**
   * Resolves when the dry answers of these calls may be used: after everything that does not depend on them has noted
   * its calls too.
   */
  answer(): Promise<void> {
    this.#answers ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#answers = undefined;
        resolve();
      });
    });
    return this.#answers;
  }

  note(call: ExplainedCall): void {
    this.calls.push(call);
  }

  doubt(reason: string): void {
    if (this.isDry) this.doubts.add(reason);
  }

  /** Assumes that a read was made, with what it showed the last time. Returns whether it was not assumed before. */
  assumeRead(store: Store, read: PlannedRead): boolean {
    if ("list" in read) return this.#assumedLists.size !== this.#assumedLists.add(read.list).size;
    const { detail } = read;
    if (this.#assumedDetails.has(detail)) return false;
    this.#assumedDetails.add(detail);
    for (const { kind, id } of store.tables[detail.kind].definition.embedded(detail.value))
      this.#assumedEmbedded.add(store.getOrCreate(kind, id));
    return true;
  }

  /** As `assumeRead`, for a lookup by Bitrix id. */
  assumeLookup(kind: LookupKind, externalId: string): boolean {
    return this.#assumedLookups.size !== this.#assumedLookups.add(`${kind} ${externalId}`).size;
  }

  /** Whether a record is assumed to be read. */
  isToBeRead(record: CachedRecord): boolean {
    return this.#assumedDetails.has(record);
  }

  /** Whether what an answer shows of a record, its detail or less, is assumed to come from a read. */
  isShownByReads(record: CachedRecord, hasDetail: boolean): boolean {
    if (this.#assumedDetails.has(record)) return true;
    return !hasDetail && (this.#assumedEmbedded.has(record) || this.#assumedLists.has(record.kind));
  }

  /** Whether the assumed reads meet a request. */
  meets(store: Store, { record, level }: ReadRequest): boolean {
    const cached = "rentalObject" in record ? store.findUnlistedObject(record.rentalObject) : record;
    if (this.#assumedDetails.has(cached)) return true;
    if (level === DETAIL) return false;
    return this.#assumedLists.has(cached.kind) || this.#assumedEmbedded.has(cached);
  }
}
