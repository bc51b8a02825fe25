import type { CachedRecord, FailedReads } from "../../catalog/index.ts";
import type { FilterLink, LinkedIds, LinkedSource } from "../argument/filter.ts";
import { memoized } from "../argument/memoized.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
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
) => PromiseOrValue<SelectedRecords>;

/** The outcome of following links, besides the ids. */
interface FollowedLinks {
  readonly asOf: number;
  /** Failed reads for which it is unknown whether an id is linked. */
  readonly failedById: ReadonlyMap<LinkedIds, FailedById>;
  /** Failed reads for which the id is unknown. */
  readonly readsOfUnknownParent: FailedReads;
}

type FailedById = Map<number, FailedReads[number]>;

/** Creates a function that follows the links of filters. `select` selects the linked records. */
export function createLinkFollower(context: GraphContext, select: SelectRecords) {
  /** Finds the ids of a filter's links in sequence, each once per operation. Rejects with AlmaError. */
  function followLinks(links: readonly FilterLink[]) {
    let followed: PromiseOrValue<FollowedLinks> = {
      asOf: Infinity,
      failedById: new Map(),
      readsOfUnknownParent: [],
    };
    for (const linked of new Set(links.map((link) => link.linked)))
      followed = mapPromiseOrValue(followed, (before) =>
        mapPromiseOrValue(
          memoized(context.memo, linked, () => findIds(linked)),
          (found) => ({
            asOf: Math.min(before.asOf, found.asOf),
            failedById: new Map([...before.failedById, ...found.failedById]),
            readsOfUnknownParent: [...before.readsOfUnknownParent, ...found.readsOfUnknownParent],
          }),
        ),
      );
    return followed;
  }

  function findIds(linked: LinkedIds): PromiseOrValue<FollowedLinks> {
    const parts = linked.sources.map((source) =>
      mapPromiseOrValue(selectSource(source), (parts) =>
        mapPromiseOrValue(addIds(linked, source, parts), (failures) => ({ parts, failures })),
      ),
    );
    return mapPromisesOrValues(parts, (...sources) => {
      const failedById: FailedById = new Map(sources.flatMap(({ failures }) => [...failures.byId]));
      const readsOfUnknownParent = sources.flatMap(({ failures }) => failures.ofUnknownParent);
      const asOf = Math.min(...sources.flatMap(({ parts }) => parts.map((part) => part.asOf)));
      return { asOf, failedById: new Map([[linked, failedById]]), readsOfUnknownParent };
    });
  }

  /**
   * Selects the records of a source: listed ones and, if the records refer to rows, also unlisted ones that others
   * refer to.
   */
  function selectSource({
    kind,
    filter,
    reference,
  }: LinkedSource): PromiseOrValue<readonly SelectedRecords[]> {
    const selection = selectionOf(kind, filter, true);
    if (!reference) return mapPromiseOrValue(select(selection), (listed) => [listed]);
    return mapPromiseOrValue(select({ ...selection, needsDetails: true }), (listed) =>
      mapPromiseOrValue(readReferred(context, kind), ({ records, asOf, failedReads }) =>
        mapPromiseOrValue(select(selection, records), (unlisted) => [
          listed,
          {
            ...unlisted,
            asOf: Math.min(asOf, unlisted.asOf),
            undecidable: [...failedReads, ...unlisted.undecidable],
          },
        ]),
      ),
    );
  }

  /** Adds the ids of a source. Returns its failed reads by id, as far as the id is known. */
  function addIds(linked: LinkedIds, source: LinkedSource, parts: readonly SelectedRecords[]) {
    const table = context.catalog.store.tables[source.kind];
    const added = context.limits.run("the links of a filter", addIdsSteps(linked, source, parts, table));
    return mapPromiseOrValue(added, () => {
      const { relationIndex } = table;
      const byId: FailedById = new Map();
      const ofUnknownParent = parts.flatMap(({ readsOfUnknownParent }) => [...readsOfUnknownParent]);
      for (const failedRead of parts.flatMap(({ undecidable }) => undecidable)) {
        const { record } = failedRead;
        const id = source.reference ? relationIndex.lastParent(source.reference.relation, record) : record.id;
        if (id === undefined) ofUnknownParent.push(failedRead);
        else if (id !== null) byId.set(id, failedRead);
      }
      return { byId, ofUnknownParent };
    });
  }

  /**
   * Follows links from rows to unlisted records, then leaves out rows whose link cannot be decided. `undecidable`
   * contains these rows, `failedReads` the records they depend on.
   */
  function excludeUndecidable(
    { kind, filter: { links } }: KindSelection,
    records: readonly CachedRecord[],
    { failedById }: FollowedLinks,
  ) {
    const reads = links.map((link) => followToUnlisted(kind, link, records));
    return mapPromisesOrValues(reads, (...unlisted) => {
      const asOf = Math.min(...unlisted.map((outcome) => outcome.asOf));
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
      return { records: decidable, asOf, undecidable, failedReads: [...reported] };
    });
  }

  function followToUnlisted(
    kind: KindSelection["kind"],
    { linked, relation }: FilterLink,
    rows: readonly CachedRecord[],
  ): PromiseOrValue<{ readonly asOf: number; readonly byId: FailedById }> {
    if (relation === undefined) return { asOf: Infinity, byId: new Map() };
    return mapPromiseOrValue(readUnlisted(context, kind, relation, rows), (unlisted) => {
      const { failedReads, records } = unlisted;
      const parts = linked.sources.map((source) => {
        const ofKind = records.filter((record) => record.kind === source.kind);
        if (ofKind.length === 0) return undefined;
        return mapPromiseOrValue(select(selectionOf(source.kind, source.filter, true), ofKind), (found) =>
          mapPromiseOrValue(addIds(linked, source, [found]), ({ byId }) => ({
            byId,
            asOf: found.asOf,
          })),
        );
      });
      return mapPromisesOrValues(parts, (...found) => ({
        asOf: Math.min(unlisted.asOf, ...found.map((part) => part?.asOf ?? Infinity)),
        byId: new Map([
          ...failedReads.map((failedRead) => [failedRead.record.id, failedRead] as const),
          ...found.flatMap((part) => [...(part?.byId ?? [])]),
        ]),
      }));
    });
  }

  return { followLinks, excludeUndecidable };
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
