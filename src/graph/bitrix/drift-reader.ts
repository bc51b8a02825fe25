import { AlmaError } from "../../alma/index.ts";
import { type DriftData, type DriftKind, type ExcludedRecords, requiredReads } from "../../bitrix/index.ts";
import { type CachedRecord, DETAIL, type Kind, type Members } from "../../catalog/index.ts";
import { type FailedReads, malformedEntriesError, partialDataError } from "../connection/partial-data.ts";
import type { GraphContext } from "../record/context.ts";

/** Reads what a report rests on, with the fewest calls, and says beside the data what could not be read. */
export class DriftReader {
  /** The oldest reading behind the report. */
  asOf = Number.POSITIVE_INFINITY;
  /** Records that a list names and that are no longer there. */
  readonly gone = new Set<CachedRecord>();
  readonly #context: GraphContext;
  readonly #path: readonly (string | number)[];

  constructor(context: GraphContext, path: readonly (string | number)[]) {
    this.#context = context;
    this.#path = path;
  }

  /** The lists and details by which kinds of drift are looked for. */
  async read(kinds: readonly DriftKind[]): Promise<DriftData> {
    const { catalog } = this.#context;
    const { lists, details, suspectKinds } = requiredReads(kinds);
    // While everything is being read for the first time, that is waited for, and nothing read beside it.
    const awaited = catalog.progress().warm ? [] : [...suspectKinds].filter((kind) => !details.has(kind));
    const [listed, detailed] = await Promise.all([
      this.#readMembers(lists, false),
      this.#readMembers(details, true),
      this.#readMembers(awaited, true),
    ]);
    for (const { malformedEntries: unreadable } of new Map([...detailed, ...listed]).values())
      if (unreadable > 0) this.#note(malformedEntriesError(unreadable));
    for (const { failedReads } of detailed.values()) this.#noteFailedReads(failedReads);
    return {
      listed: (kind) => listed.get(kind)?.records ?? [],
      detailed: (kind) => detailed.get(kind)?.records ?? [],
      unit: (id) => catalog.store.getOrCreate("unit", id),
    };
  }

  async #readMembers(kinds: Iterable<Kind>, byDetail: boolean): Promise<ReadonlyMap<Kind, Members>> {
    const { catalog, operation } = this.#context;
    const reads = [...kinds].map(async (kind) => {
      const members = await catalog.findMembers(operation, { kind, needsDetails: byDetail });
      this.#noteReadAt(members.asOf);
      return [kind, members] as const;
    });
    return new Map(await Promise.all(reads));
  }

  /** Reads the suspects' details. Gives those of which nothing can be said. */
  async readSuspects(suspects: ReadonlySet<CachedRecord>): Promise<ExcludedRecords["failedReads"]> {
    const indexCutoff = this.#context.operation.indexCutoff;
    const failedReads = await this.#load(
      [...suspects].filter((record) => !(record.asOf(DETAIL) > indexCutoff)),
      indexCutoff,
    );
    const undecidable = new Set(failedReads.map(({ record }) => record));
    for (const record of suspects)
      if (!undecidable.has(record) && !this.gone.has(record)) this.#noteReadAt(record.detailAt);
    this.#noteFailedReads(failedReads);
    return undecidable;
  }

  /**
   * Reads the records to be shown again, so that they are as young as was asked. One that cannot be read stays, and its
   * fields say why.
   */
  async reread(records: readonly CachedRecord[]): Promise<void> {
    await this.#load([...new Set(records)], this.#context.operation.connectionCutoff);
  }

  /**
   * Says beside the data that a write through this gateway ended while the report was being made: it may show some
   * records as they were before the write and others as they were after it. Blocks change nothing that drift looks at.
   */
  reportOverlap(kinds: readonly DriftKind[]): void {
    const { catalog, operation } = this.#context;
    const { lists, details, suspectKinds } = requiredReads(kinds);
    const wasWritten = (kind: Kind) => catalog.store.tables[kind].listInvalidatedAt >= operation.startedAt;
    if ([...lists, ...details, ...suspectKinds].some(wasWritten)) this.#note(overlapError());
  }

  /** Reads details. Gives those that could not be read; throws if the operation is over. */
  async #load(records: readonly CachedRecord[], cutoff: number): Promise<FailedReads> {
    const results = await Promise.allSettled(
      records.map((record) => this.#context.load({ record, level: DETAIL, cutoff })),
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
    this.#context.operation.noteReading(readAt);
  }

  #noteFailedReads(failedReads: FailedReads): void {
    if (failedReads.length > 0)
      this.#note(partialDataError(failedReads, "nobody knows whether they are drift, and they are left out"));
  }

  #note(error: AlmaError): void {
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
