import type { IssueData } from "../../src/capabilities/issues/check.ts";
import type { Kind } from "../../src/catalog/index.ts";
import { CachedRecord } from "../../src/catalog/record/cached-record.ts";
import { kindDefinitions } from "../../src/catalog/record/kind.ts";

/** The data of a search through these records; by default all are in Alma's lists and have details. */
export function readData(listed: IssueData["listed"], parts: Partial<IssueData> = {}): IssueData {
  const inList = (kind: Kind, id: number) => listed(kind).find((record) => record.id === id);
  return {
    listed,
    detailed: listed,
    hasDetail: () => true,
    inList,
    unit: (id) => inList("unit", id) ?? new CachedRecord("unit", id, kindDefinitions.unit.typeName),
    today: "2026-01-01",
    rent: { pricePeriods: undefined, decimals: 2 },
    unreadableFields: () => [],
    countPair: () => {},
    ...parts,
  };
}
