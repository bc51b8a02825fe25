import type { CachedRecord, FailedReads } from "../../catalog/index.ts";
import type { FilterLink, LinkedIds, LinkedSource } from "../argument/filter.ts";
import { memoized } from "../argument/memoized.ts";
import type { Steps } from "../metering/meter.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ColumnCache, type Selection, scanBlocks } from "../scan/block.ts";
import { almaId, type Column } from "../scan/column.ts";
import { type KindSelection, selectionOf } from "./compiled-arguments.ts";
import { readReferred, readUnlisted } from "./unlisted-records.ts";

/** The records of a kind selected by a filter. */
export interface SelectedRecords {
  readonly matching: Selection<CachedRecord>;
  /** When the oldest reading behind the selection was made. */
  readonly asOf: number;
  readonly undecidable: FailedReads;
  /** Failed reads of any kind that may affect the selection in an unknown way. */
  readonly readsOfUnknownParent: FailedReads;
}

/** Selects from all listed records of a kind, or from the given ones. */
export type SelectRecords = (
  selection: KindSelection,
  records?: readonly CachedRecord[],
) => Promise<SelectedRecords>;

/** The outcome of following links, besides the ids. */
interface FollowedLinks {
  readonly asOf: number;
  /** Failed reads for which it is unknown whether an id is linked. */
  readonly failedById: ReadonlyMap<LinkedIds, FailedById>;
  /** Failed reads for which the id is unknown. */
  readonly readsOfUnknownParent: FailedReads;
}

type FailedById = Map<number, FailedReads[number]>;

const noLinks: FollowedLinks = { asOf: Infinity, failedById: new Map(), readsOfUnknownParent: [] };

/** The records of a selection whose links can be decided. */
interface DecidableRecords {
  readonly records: readonly CachedRecord[];
  readonly asOf: number;
  /** The records left out. */
  readonly undecidable: FailedReads;
  /** The failed reads that the records left out depend on. */
  readonly failedReads: FailedReads;
}

/** Creates a function that follows the links of filters. `select` selects the linked records. */
export function createLinkFollower(context: GraphContext, select: SelectRecords) {
  /** Finds the ids of a filter's links in sequence, each once per operation. Rejects with AlmaError. */
  async function follow(links: readonly FilterLink[]): Promise<FollowedLinks> {
    let { asOf, failedById, readsOfUnknownParent } = noLinks;
    for (const linked of new Set(links.map((link) => link.linked))) {
      const found = await memoized(context.memo, linked, () => findIds(linked));
      asOf = Math.min(asOf, found.asOf);
      failedById = new Map([...failedById, ...found.failedById]);
      readsOfUnknownParent = [...readsOfUnknownParent, ...found.readsOfUnknownParent];
    }
    return { asOf, failedById, readsOfUnknownParent };
  }

  async function findIds(linked: LinkedIds): Promise<FollowedLinks> {
    const sources = await Promise.all(
      linked.sources.map(async (source) => {
        const parts = await selectSource(source);
        return { parts, failures: await addIds(linked, source, parts) };
      }),
    );
    const failedById: FailedById = new Map(sources.flatMap(({ failures }) => [...failures.byId]));
    const readsOfUnknownParent = sources.flatMap(({ failures }) => failures.ofUnknownParent);
    const asOf = Math.min(...sources.flatMap(({ parts }) => parts.map((part) => part.asOf)));
    return { asOf, failedById: new Map([[linked, failedById]]), readsOfUnknownParent };
  }

  /**
   * Selects the records of a source: listed ones and, if the records refer to rows, also unlisted ones that others
   * refer to.
   */
  async function selectSource({
    kind,
    filter,
    reference,
  }: LinkedSource): Promise<readonly SelectedRecords[]> {
    const selection = selectionOf(kind, filter, true);
    if (!reference) return [await select(selection)];
    const listed = await select({ ...selection, needsDetails: true });
    const { records, asOf, failedReads } = await readReferred(context, kind);
    const unlisted = await select(selection, records);
    const undecidable = [...failedReads, ...unlisted.undecidable];
    return [listed, { ...unlisted, asOf: Math.min(asOf, unlisted.asOf), undecidable }];
  }

  /** Adds the ids of a source. Returns its failed reads by id, as far as the id is known. */
  async function addIds(linked: LinkedIds, source: LinkedSource, parts: readonly SelectedRecords[]) {
    const table = context.catalog.store.tables[source.kind];
    await context.limits.run("the links of a filter", addIdsSteps(linked, source, parts, table));
    const byId: FailedById = new Map();
    const ofUnknownParent = parts.flatMap(({ readsOfUnknownParent }) => [...readsOfUnknownParent]);
    for (const failedRead of parts.flatMap(({ undecidable }) => undecidable)) {
      const { record } = failedRead;
      const id = source.reference
        ? table.relationIndex.lastParent(source.reference.relation, record)
        : record.id;
      if (id === undefined) ofUnknownParent.push(failedRead);
      else if (id !== null) byId.set(id, failedRead);
    }
    return { byId, ofUnknownParent };
  }

  /** Follows links from rows to unlisted records, then leaves out rows whose link cannot be decided. */
  async function exclude(
    { kind, filter: { links } }: KindSelection,
    records: readonly CachedRecord[],
    { failedById }: FollowedLinks,
  ): Promise<DecidableRecords> {
    const unlisted = await Promise.all(links.map((link) => followToUnlisted(kind, link, records)));
    const reported = new Set<FailedReads[number]>();
    const undecidable: FailedReads[number][] = [];
    let decidable = records;
    for (const [index, { column, linked }] of links.entries()) {
      const failures = [failedById.get(linked), unlisted[index]?.byId].filter((map) => map && map.size > 0);
      if (failures.length === 0) continue;
      decidable = decidable.filter((row) => {
        const id = column.read(row);
        const failure = id === null ? undefined : failures.map((map) => map?.get(id)).find(Boolean);
        if (!failure) return true;
        reported.add(failure);
        undecidable.push({ record: row, error: failure.error });
        return false;
      });
    }
    const asOf = Math.min(...unlisted.map((outcome) => outcome.asOf));
    return { records: decidable, asOf, undecidable, failedReads: [...reported] };
  }

  async function followToUnlisted(
    kind: KindSelection["kind"],
    { linked, relation }: FilterLink,
    rows: readonly CachedRecord[],
  ): Promise<{ readonly asOf: number; readonly byId: FailedById }> {
    if (relation === undefined) return { asOf: Infinity, byId: new Map() };
    const { failedReads, records, asOf } = await readUnlisted(context, kind, relation, rows);
    const found = await Promise.all(
      linked.sources.map(async (source) => {
        const ofKind = records.filter((record) => record.kind === source.kind);
        if (ofKind.length === 0) return { asOf: Infinity, byId: [] };
        const selected = await select(selectionOf(source.kind, source.filter, true), ofKind);
        const { byId } = await addIds(linked, source, [selected]);
        return { asOf: selected.asOf, byId: [...byId] };
      }),
    );
    return {
      asOf: Math.min(asOf, ...found.map((part) => part.asOf)),
      byId: new Map([
        ...failedReads.map((failedRead) => [failedRead.record.id, failedRead] as const),
        ...found.flatMap(({ byId }) => byId),
      ]),
    };
  }

  return {
    /** Finds the ids of a filter's links; synchronously if it has none. Rejects with AlmaError. */
    followLinks: (links: readonly FilterLink[]): PromiseOrValue<FollowedLinks> =>
      links.length === 0 ? noLinks : follow(links),
    /** Leaves out the records of a selection whose links cannot be decided; synchronously if it has none. */
    excludeUndecidable: (
      selection: KindSelection,
      records: readonly CachedRecord[],
      followed: FollowedLinks,
    ): PromiseOrValue<DecidableRecords> =>
      selection.filter.links.length === 0
        ? { records, asOf: Infinity, undecidable: [], failedReads: [] }
        : exclude(selection, records, followed),
  };
}

function* addIdsSteps(
  { ids }: LinkedIds,
  { reference }: LinkedSource,
  parts: readonly SelectedRecords[],
  columnCache: ColumnCache<CachedRecord>,
): Steps<void> {
  const column: Column = reference?.column ?? almaId;
  for (const { matching } of parts)
    yield* scanBlocks(matching, [column], columnCache, (block) => {
      const { numbers } = block.numbers(column);
      for (let index = 0; index < block.size; index++) {
        const id = numbers[index] as number;
        if (!Number.isNaN(id)) ids.add(id);
      }
    });
}
