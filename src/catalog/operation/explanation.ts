import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { DETAIL } from "../record/source.ts";
import type { LookupKind, Store } from "../store/store.ts";
import type { PlannedRead, ReadRequest } from "./read-plan.ts";

/** The target of a call: the list of a kind, one record, or a record by Bitrix id. */
type ReadForm = "LIST" | "DETAIL" | "LOOKUP";

/** One call of an operation and its reason. */
export interface ExplainedCall {
  readonly read: ReadForm;
  readonly kind: LookupKind;
  readonly why: string;
  /** The record; undefined for lists and lookups. */
  readonly record?: CachedRecord;
}

/**
 * The cost of an operation: every call with its reason. In a dry run, calls are noted instead of made, and the
 * operation continues with known data, as if Alma gave the same answers as before. If a different answer could lead to
 * other calls, a doubt is added.
 */
export class Explanation {
  /** Whether calls are noted and not made. */
  readonly isDry: boolean;
  readonly calls: ExplainedCall[] = [];
  /** Reasons why other calls may be needed, as sentences. Empty if the explanation is exact. */
  readonly doubts = new Set<string>();
  /** The kinds whose lists decide membership. */
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
   * Resolves when the assumed answers may be used: after everything that does not depend on them has noted its calls.
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

  doubt(reason: string): void {
    if (this.isDry) this.doubts.add(reason);
  }

  /** Assumes that a read was made, with its last result. Returns whether this assumption is new. */
  assumeRead(store: Store, read: PlannedRead): boolean {
    if ("list" in read) return this.#assumedLists.size !== this.#assumedLists.add(read.list).size;
    const { detail } = read;
    if (this.#assumedDetails.has(detail)) return false;
    this.#assumedDetails.add(detail);
    for (const { kind, id } of store.tables[detail.kind].definition.embedded(detail.value))
      this.#assumedEmbedded.add(store.getOrCreate(kind, id));
    return true;
  }

  /** Like `assumeRead`, for a lookup by Bitrix id. */
  assumeLookup(kind: LookupKind, externalId: string): boolean {
    return this.#assumedLookups.size !== this.#assumedLookups.add(`${kind} ${externalId}`).size;
  }

  /** Returns whether a record is assumed to be read. */
  isToBeRead(record: CachedRecord): boolean {
    return this.#assumedDetails.has(record);
  }

  /** Returns whether a record's data in the answer, with or without its detail, is assumed to come from a read. */
  isShownByReads(record: CachedRecord, hasDetail: boolean): boolean {
    if (this.#assumedDetails.has(record)) return true;
    return !hasDetail && (this.#assumedEmbedded.has(record) || this.#assumedLists.has(record.kind));
  }

  /** Returns whether the assumed reads satisfy a request. */
  meets(store: Store, { record, level }: ReadRequest): boolean {
    const cached = "rentalObject" in record ? store.findUnlistedObject(record.rentalObject) : record;
    return this.isShownByReads(cached, level === DETAIL);
  }
}
