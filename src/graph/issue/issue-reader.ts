import type { GraphQLResolveInfo } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type FailedReads,
  type Kind,
  kindDefinitions,
  type Members,
} from "../../catalog/index.ts";
import { loadAll } from "../member/load-all.ts";
import { addPartialDataError, malformedEntriesError, partialDataError } from "../member/partial-data.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { IssueData } from "./check.ts";
import type { RequiredReads } from "./find-issues.ts";

/** Bytes that a pair of records takes in the answer at least, whatever is selected of it. */
const PAIR_BYTES = 32;

/**
 * Reads the records that a search through whole kinds compares, with the fewest calls. Reports records that could not
 * be read beside the data. `consequence`: what follows from it, in words.
 */
export class IssueReader {
  /** When the oldest read behind the report started, by the catalog's clock; Infinity if nothing was read. */
  asOf = Number.POSITIVE_INFINITY;
  /** Records that a list names although Alma no longer has them. */
  readonly gone = new Set<CachedRecord>();
  readonly #context: GraphContext;
  readonly #info: GraphQLResolveInfo;
  readonly #consequence: string;
  /** Suspects, each with whether its detail could be read; undefined while it has to be read. */
  readonly #suspects = new Map<CachedRecord, boolean | undefined>();

  constructor(context: GraphContext, info: GraphQLResolveInfo, consequence: string) {
    this.#context = context;
    this.#info = info;
    this.#consequence = consequence;
  }

  /** Reads these lists and details. Throws AlmaError if a list cannot be read. */
  async read({ lists, details, suspectKinds }: RequiredReads): Promise<IssueData> {
    const { catalog, limits, operation, settings, today } = this.#context;
    for (const kind of [...lists, ...details, ...suspectKinds, "unit"] as const)
      operation.basis.noteKind(kind);
    // While the catalog warms up, it reads all details: those of the suspects' kinds are awaited, not read twice.
    const awaited = catalog.progress().warm ? [] : [...suspectKinds].filter((kind) => !details.has(kind));
    const [listed, detailed] = await Promise.all([
      this.#readMembers(lists, false),
      this.#readMembers(details, true),
      this.#readMembers(awaited, true),
    ]);
    for (const { malformedEntries } of new Map([...detailed, ...listed]).values())
      if (malformedEntries > 0) this.#addError(malformedEntriesError(malformedEntries));
    for (const { failedReads } of detailed.values()) this.reportFailedReads(failedReads);
    const byId = new Map<Kind, ReadonlyMap<number, CachedRecord>>();
    const indexOf = (kind: Kind) => new Map(listed.get(kind)?.records.map((record) => [record.id, record]));
    return {
      listed: (kind) => listed.get(kind)?.records ?? [],
      detailed: (kind) => detailed.get(kind)?.records ?? [],
      hasDetail: (suspect) => this.#hasDetail(suspect),
      inList: (kind, id) => {
        const known = byId.get(kind) ?? indexOf(kind);
        byId.set(kind, known);
        return known.get(id);
      },
      unit: (id) => catalog.store.getOrCreate("unit", id),
      today,
      rent: settings.rent,
      unreadableFields: ({ kind, fieldErrors = {} }) =>
        Object.keys(fieldErrors).filter(
          (field) =>
            fieldErrors[field] !== undefined &&
            !settings.requiredScopes.has(`${kindDefinitions[kind].typeName}.${field}`),
        ),
      countPair: () => limits.addBytes(PAIR_BYTES),
    };
  }

  async #readMembers(kinds: Iterable<Kind>, needsDetails: boolean): Promise<ReadonlyMap<Kind, Members>> {
    const { catalog, operation } = this.#context;
    const reads = [...kinds].map(async (kind) => {
      const members = await catalog.findMembers(operation, { kind, needsDetails });
      this.#noteReadAt(members.asOf);
      return [kind, members] as const;
    });
    return new Map(await Promise.all(reads));
  }

  #hasDetail(suspect: CachedRecord) {
    if (this.gone.has(suspect)) return false;
    const { operation } = this.#context;
    const isFresh = suspect.asOf(DETAIL) > operation.cutoffOf(suspect.kind, operation.indexCutoff);
    const hasDetail = this.#suspects.get(suspect) ?? (isFresh || undefined);
    this.#suspects.set(suspect, hasDetail);
    if (hasDetail) this.#noteReadAt(suspect.detailAt);
    return hasDetail ?? false;
  }

  /** Reads the details of suspects that are not known. Returns whether there were any. Throws AlmaError. */
  async readSuspects(): Promise<boolean> {
    const unknown = [...this.#suspects.keys()].filter((suspect) => this.#suspects.get(suspect) === undefined);
    const failedReads = await this.#load(unknown, this.#context.operation.indexCutoff);
    for (const suspect of unknown) this.#suspects.set(suspect, true);
    for (const { record } of failedReads) this.#suspects.set(record, false);
    this.reportFailedReads(failedReads);
    return unknown.length > 0;
  }

  /** Reads records that are shown again, for a stricter `maxAge`. Of those that cannot be read, the fields fail. */
  async reread(records: readonly CachedRecord[]): Promise<void> {
    await this.#load([...new Set(records)], this.#context.operation.connectionCutoff);
  }

  /** Reports records that cannot be judged. */
  reportFailedReads(failedReads: FailedReads): void {
    if (failedReads.length > 0) this.#addError(partialDataError(failedReads, this.#consequence));
  }

  /**
   * Adds an error if a write through this gateway ended while the report was made: the report may mix records from
   * before and after the write. A block does not count, since it changes nothing that checks compare.
   */
  reportOverlap({ lists, details, suspectKinds }: RequiredReads): void {
    const { catalog, operation } = this.#context;
    const wasWritten = (kind: Kind) => catalog.store.tables[kind].listInvalidatedAt >= operation.startedAt;
    if (![...lists, ...details, ...suspectKinds].some(wasWritten)) return;
    const message =
      "Records were written through this gateway while the report was being made, so it may show some of them as they " +
      "were before and others as they are now. Ask again before you act on it.";
    this.#addError(new AlmaError("OVERLAPPED", message));
  }

  /** Reads details, adds to `gone`, and returns the failed reads. Throws AlmaError if the operation was stopped. */
  #load(records: readonly CachedRecord[], cutoff: number): Promise<FailedReads> {
    const { operation } = this.#context;
    return loadAll(this.#context, records, async (record) => {
      const ownCutoff = operation.cutoffOf(record.kind, cutoff);
      if (!(await this.#context.load({ record, level: DETAIL, cutoff: ownCutoff }))) this.gone.add(record);
    });
  }

  #noteReadAt(readAt: number) {
    if (!Number.isFinite(readAt)) return;
    this.asOf = Math.min(this.asOf, readAt);
    const { operation } = this.#context;
    operation.noteReading(readAt, operation.indexCutoff);
  }

  #addError(error: AlmaError) {
    addPartialDataError(this.#context, this.#info, error);
  }
}
