import type { GraphQLResolveInfo } from "graphql";
import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  DETAIL,
  type FailedReads,
  type Kind,
  kindDefinitions,
} from "../../catalog/index.ts";
import type { DataIssueCode } from "../../graph/generated.ts";
import {
  addPartialDataError,
  type GraphContext,
  loadAll,
  malformedEntriesError,
  partialDataError,
} from "../../graph/index.ts";
import type { IssueData } from "./check.ts";
import { type FoundIssues, findIssues, requiredReads } from "./find-issues.ts";

/** The minimum size, in bytes, of a pair of records in the answer. */
const PAIR_BYTES = 32;

/** The wording of a search. */
interface Wording {
  /** Its name in the accounting of CPU time. */
  readonly cost: string;
  /** The consequence of unreadable records. */
  readonly consequence: string;
}

/**
 * Reads the necessary data with the fewest calls, and runs these checks. Reports unreadable records in addition to the
 * data. `shown`: the records in the answer, which are read again for a stricter `maxAge`. `asOf`: when the oldest read
 * started, by the catalog's clock. Rejects with AlmaError if a list cannot be read.
 */
export async function searchIssues<C extends DataIssueCode>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  codes: readonly C[],
  { cost, consequence }: Wording,
  shown: (groups: FoundIssues<C>["groups"]) => readonly CachedRecord[],
) {
  const { catalog, limits, operation, settings, today } = context;
  const { lists, details, suspectKinds } = requiredReads(codes);
  let asOf = Infinity;
  /** Records still in a list although Alma no longer has them. */
  const gone = new Set<CachedRecord>();
  /** Whether the detail of each suspect could be read; undefined until it was tried. */
  const suspects = new Map<CachedRecord, boolean | undefined>();

  /** Reads these lists and details. Throws AlmaError if a list cannot be read. */
  async function read(): Promise<IssueData> {
    for (const kind of [...lists, ...details, ...suspectKinds, "unit"] as const)
      operation.basis.noteKind(kind);
    // During the warm-up, which reads all details, wait for the details of the suspects' kinds instead of reading them
    // twice.
    const awaited = catalog.progress().warm ? [] : [...suspectKinds].filter((kind) => !details.has(kind));
    const [listed, detailed] = await Promise.all([
      readMembers(lists, false),
      readMembers(details, true),
      readMembers(awaited, true),
    ]);
    for (const { malformedEntries } of new Map([...detailed, ...listed]).values())
      if (malformedEntries > 0) addError(malformedEntriesError(malformedEntries));
    for (const { failedReads } of detailed.values()) reportFailedReads(failedReads);
    return {
      listed: (kind) => listed.get(kind)?.records ?? [],
      detailed: (kind) => detailed.get(kind)?.records ?? [],
      hasDetail,
      inList: (kind, id) => {
        const record = catalog.store.tables[kind].get(id);
        return record?.isListed ? record : undefined;
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

  async function readMembers(kinds: Iterable<Kind>, needsDetails: boolean) {
    const reads = [...kinds].map(async (kind) => {
      const members = await catalog.findMembers(operation, { kind, needsDetails });
      noteReadAt(members.asOf);
      return [kind, members] as const;
    });
    return new Map(await Promise.all(reads));
  }

  function hasDetail(suspect: CachedRecord) {
    if (gone.has(suspect)) return false;
    const isFresh = suspect.asOf(DETAIL) > operation.cutoffOf(suspect, operation.indexCutoff);
    const isKnown = suspects.get(suspect) ?? (isFresh || undefined);
    suspects.set(suspect, isKnown);
    if (isKnown) noteReadAt(suspect.detailAt);
    return isKnown ?? false;
  }

  /** Reads the unknown details of suspects. Returns whether any was unknown. Throws AlmaError. */
  async function readSuspects() {
    const unknown = [...suspects.keys()].filter((suspect) => suspects.get(suspect) === undefined);
    const failedReads = await load(unknown, operation.indexCutoff);
    for (const suspect of unknown) suspects.set(suspect, true);
    for (const { record } of failedReads) suspects.set(record, false);
    reportFailedReads(failedReads);
    return unknown.length > 0;
  }

  /** Reports records that cannot be checked. */
  function reportFailedReads(failedReads: FailedReads) {
    if (failedReads.length > 0) addError(partialDataError(failedReads, consequence));
  }

  /**
   * Adds an error if a write through this gateway ended meanwhile: the report may mix records from before and after it.
   * Blocks do not count, since they change nothing that checks compare.
   */
  function reportOverlap() {
    const wasWritten = (kind: Kind) => catalog.store.tables[kind].listInvalidatedAt >= operation.startedAt;
    if (![...lists, ...details, ...suspectKinds].some(wasWritten)) return;
    const message =
      "Records were written through this gateway while the report was being made, so it may show some of them as they " +
      "were before and others as they are now. Ask again before you act on it.";
    addError(new AlmaError("OVERLAPPED", message));
  }

  /** Reads details, adds to `gone`, and returns the failed reads. Throws AlmaError if the operation was stopped. */
  function load(records: readonly CachedRecord[], cutoff: number) {
    return loadAll(context, records, async (record) => {
      const ownCutoff = operation.cutoffOf(record, cutoff);
      if (!(await context.load({ record, level: DETAIL, cutoff: ownCutoff }))) gone.add(record);
    });
  }

  function noteReadAt(readAt: number) {
    if (!Number.isFinite(readAt)) return;
    asOf = Math.min(asOf, readAt);
    operation.noteReading(readAt, operation.indexCutoff);
  }

  const addError = (error: AlmaError) => addPartialDataError(context, info, error);

  const data = await read();
  const find = () => limits.run(cost, findIssues(codes, data, gone));
  let found = await find();
  if (await readSuspects()) found = await find();
  if (operation.rereadsPages) {
    // Fields of unreadable records fail.
    await load([...new Set(shown(found.groups))], operation.connectionCutoff);
    found = await find();
  }
  // If unreadable values are requested, each is an issue itself.
  if (!codes.some((code) => code === "UNREADABLE_VALUE")) reportFailedReads(found.undecidable);
  reportOverlap();
  return { groups: found.groups, asOf };
}
