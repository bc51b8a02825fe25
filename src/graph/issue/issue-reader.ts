import { AlmaError } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type FailedReads, type Kind, type Members } from "../../catalog/index.ts";
import { malformedEntriesError, partialDataError } from "../member/partial-data.ts";
import type { GraphContext } from "../record/context.ts";
import type { DriftData } from "./drift-check.ts";
import type { DriftReads, ExcludedRecords } from "./find-drift.ts";

/**
 * Reads the records that a search through whole kinds compares, with the fewest calls. Reports records that could not
 * be read among the operation's partial data errors, at `path`. `consequence`: what follows from it, in words.
 */
export class DriftReader {
  /** When the oldest read behind the report started, by the catalog's clock; Infinity if nothing was read. */
  asOf = Number.POSITIVE_INFINITY;
  /** Records that a list names although Alma no longer has them. */
  readonly gone = new Set<CachedRecord>();
  readonly #context: GraphContext;
  readonly #path: readonly (string | number)[];
  readonly #consequence: string;

  constructor(context: GraphContext, path: readonly (string | number)[], consequence: string) {
    this.#context = context;
    this.#path = path;
    this.#consequence = consequence;
  }

  /** Reads these lists and details. Throws AlmaError if a list cannot be read. */
  async read({ lists, details, suspectKinds }: DriftReads): Promise<DriftData> {
    const { catalog, today } = this.#context;
    const { basis } = this.#context.operation;
    for (const kind of [...lists, ...details, ...suspectKinds, "unit"] as const) basis.noteKind(kind);
    // While the catalog warms up, it reads all details: those of the suspects' kinds are awaited, not read twice.
    const awaited = catalog.progress().warm ? [] : [...suspectKinds].filter((kind) => !details.has(kind));
    const [listed, detailed] = await Promise.all([
      this.#readMembers(lists, false),
      this.#readMembers(details, true),
      this.#readMembers(awaited, true),
    ]);
    for (const { malformedEntries } of new Map([...detailed, ...listed]).values())
      if (malformedEntries > 0) this.#addError(malformedEntriesError(malformedEntries));
    for (const { failedReads } of detailed.values()) this.#reportFailedReads(failedReads);
    return {
      listed: (kind) => listed.get(kind)?.records ?? [],
      detailed: (kind) => detailed.get(kind)?.records ?? [],
      unit: (id) => catalog.store.getOrCreate("unit", id),
      today,
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

  /** Reads the details of suspects. Returns the records that could not be read. Throws AlmaError. */
  async readSuspects(suspects: ReadonlySet<CachedRecord>): Promise<ExcludedRecords["failedReads"]> {
    const { operation } = this.#context;
    const isStale = (record: CachedRecord) =>
      !(record.asOf(DETAIL) > operation.cutoffOf(record.kind, operation.indexCutoff));
    const failedReads = await this.#load([...suspects].filter(isStale), operation.indexCutoff);
    const undecidable = new Set(failedReads.map(({ record }) => record));
    for (const record of suspects)
      if (!undecidable.has(record) && !this.gone.has(record)) this.#noteReadAt(record.detailAt);
    this.#reportFailedReads(failedReads);
    return undecidable;
  }

  /**
   * Reads the records of the returned cases again, for a stricter `maxAge`. A record that cannot be read stays in its
   * case; its fields fail.
   */
  async reread(records: readonly CachedRecord[]): Promise<void> {
    await this.#load([...new Set(records)], this.#context.operation.connectionCutoff);
  }

  /**
   * Adds an error if a write through this gateway ended while the report was made: the report may mix records from
   * before and after the write. A block does not count, since it changes nothing that drift compares.
   */
  reportOverlap({ lists, details, suspectKinds }: DriftReads): void {
    const { catalog, operation } = this.#context;
    const wasWritten = (kind: Kind) => catalog.store.tables[kind].listInvalidatedAt >= operation.startedAt;
    if ([...lists, ...details, ...suspectKinds].some(wasWritten)) this.#addError(overlapError());
  }

  /** Reads details, adds to `gone`, and returns the failed reads. Throws AlmaError if the operation was stopped. */
  async #load(records: readonly CachedRecord[], cutoff: number): Promise<FailedReads> {
    const results = await Promise.allSettled(
      records.map((record) => {
        const request = {
          record,
          level: DETAIL,
          cutoff: this.#context.operation.cutoffOf(record.kind, cutoff),
        };
        return this.#context.load(request);
      }),
    );
    this.#context.operation.throwIfStopped();
    return records.flatMap((record, index) => {
      const result = results[index];
      if (result?.status === "fulfilled") {
        if (!result.value) this.gone.add(record);
        return [];
      }
      if (result?.reason instanceof AlmaError) return [{ record, error: result.reason }];
      throw result?.reason;
    });
  }

  #noteReadAt(readAt: number): void {
    if (!Number.isFinite(readAt)) return;
    this.asOf = Math.min(this.asOf, readAt);
    const { operation } = this.#context;
    operation.noteReading(readAt, operation.indexCutoff);
  }

  #reportFailedReads(failedReads: FailedReads): void {
    if (failedReads.length > 0) this.#addError(partialDataError(failedReads, this.#consequence));
  }

  #addError(error: AlmaError): void {
    this.#context.operation.partialDataErrors.push({ error, path: this.#path });
  }
}

function overlapError(): AlmaError {
  return new AlmaError(
    "OVERLAPPED",
    "Records were written through this gateway while the report was being made, so it may show some of them as they " +
      "were before and others as they are now. Ask again before you act on it.",
  );
}
