import { expect } from "vitest";
import { DETAIL, EXISTS, kinds, SUMMARY } from "../../../src/catalog/index.ts";
import type { Store } from "../../../src/catalog/store/store.ts";
import { kept } from "./kept.ts";

/** All contents of a store, as text. */
function shown(store: Store): string {
  store.settle();
  const tables = kinds.map((kind) => {
    const table = store.tables[kind];
    const records = [...table.records].sort((a, b) => a.id - b.id);
    return {
      ...kept(table),
      listed: table.listed.map(({ id }) => id),
      list: [table.listAt, table.membersAt, table.malformedEntries, table.listInvalidatedAt],
      evictedWrites: table.evictedWrites,
      isCovered: table.isCovered,
      shownFields: [...table.shownFields].sort(),
      lookups: [...store.lookups[kind].entries()].sort(),
      records: records.map((cached) => ({
        key: cached.key,
        state: cached.toState(),
        value: cached.value,
        fieldErrors: cached.fieldErrors,
        failure: cached.failure?.error.message,
        membership: cached.membership,
        isListed: cached.isListed,
        asOf: [EXISTS, SUMMARY, DETAIL].map((level) => cached.asOf(level)),
        parents: table.relationIndex.parentsOf(cached),
      })),
    };
  });
  const rentals = [...store.lookups.rentalObject.entries()].map(([id, { at, kind, id: almaId }]) => [
    id,
    at,
    almaId && `${kind}:${almaId}`,
  ]);
  return JSON.stringify({ tables, rentals }, (_key, value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value === Number.NEGATIVE_INFINITY
        ? "never"
        : value,
  );
}

/** Expects two stores to have the same contents. */
export function expectSame(store: Store, expectedStore: Store): void {
  const [actual, expected] = [shown(store), shown(expectedStore)];
  if (actual !== expected) expect(JSON.parse(actual)).toEqual(JSON.parse(expected));
}
