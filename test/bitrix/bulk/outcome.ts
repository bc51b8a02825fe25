import { expect } from "vitest";
import type { Data } from "../../../simulator/index.ts";
import type { ItemResult, Payload } from "../sync/gateway.ts";
import type { Portfolio } from "./portfolio.ts";
import { type AlmaRecords, actualRecords, failuresOf, isWhole } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

/** An item's kind and Bitrix id. */
export const keyOf = ({ kind, itemId }: Pick<ItemResult, "kind" | "itemId">): string => `${kind} ${itemId}`;

/** The outcome of each item by key: its action and error codes. */
export function outcomesOf({ items }: Payload): Record<string, string> {
  const outcomes = items.map((item): [string, string] => {
    const codes = [...new Set(item.userErrors.map(({ code }) => code))].sort();
    return [keyOf(item), [item.action, ...codes].join(" ")];
  });
  return Object.fromEntries(outcomes.sort());
}

/** The expected outcome of each item. `done` is that of valid items. */
export function expectedOutcomes(from: Portfolio, done: "CREATED" | "UNCHANGED"): Record<string, string> {
  const failures = failuresOf(from);
  const whole = new Set(from.places.filter((place) => isWhole(from, place)).map(({ id }) => `UNIT ${id}`));
  const outcomes = itemsOf(from, 0, { wrapped: 0 }).map(({ kind, item }): [string, string] => {
    const key = `${kind} ${item.id ?? item.ID}`;
    const codes = failures.get(key);
    if (codes) return [key, ["FAILED", ...codes].join(" ")];
    return [key, whole.has(key) ? "ATTACHED_TO_UNIT" : done];
  });
  return Object.fromEntries(outcomes.sort());
}

/** The keys of valid items that have failed. */
export function unfinishedOf(payload: Payload, from: Portfolio): string[] {
  const failures = failuresOf(from);
  const failed = payload.items.filter(
    (item) => (item.action === "FAILED" || isLackingFile(item.warnings)) && !failures.has(keyOf(item)),
  );
  return failed.map(keyOf);
}

/** Whether a file was left out because its upload had an unknown outcome; the next sync adds it. */
function isLackingFile(warnings: Payload["items"][number]["warnings"]): boolean {
  return warnings.some(({ code }) => code === "OUTCOME_UNKNOWN");
}

/** Expects Alma to have exactly these records. */
export function expectRecords(data: Data, expectedRecords: AlmaRecords): void {
  expect(actualRecords(data, { like: expectedRecords })).toEqual(expectedRecords);
}

/** The tables of the kinds of items. */
const tables = {
  APARTMENT: "units",
  UNIT: "rooms",
  CONTACT: "clients",
  OWNER_CONTRACT: "ownerContracts",
  TENANT_CONTRACT: "tenantContracts",
} as const;

/**
 * Expects a sync's results to match Alma's records: no duplicate Bitrix ids, and the expected record for every item
 * that did not fail. Returns the keys of failed items whose records exist.
 */
export function expectConsistent({ items }: Payload, data: Data, expectedRecords: AlmaRecords): string[] {
  const now = actualRecords(data, { like: expectedRecords });
  for (const [kind, rows] of Object.entries(now)) {
    const ids = rows.map((row: Record<string, unknown>) => row.external_id ?? row.name);
    expect([kind, new Set(ids).size]).toEqual([kind, rows.length]);
  }
  const presentKeys: string[] = [];
  for (const { kind, itemId, action, record, warnings } of items) {
    if (action === "ATTACHED_TO_UNIT") {
      const unit = data.units.all().find((row) => row.additional_external_id === itemId);
      expect(record?.id).toBe(`Unit:${unit?.id}`);
      continue;
    }
    const table = tables[kind as keyof typeof tables];
    const find = (all: AlmaRecords) => all[table].find(({ external_id }) => external_id === itemId);
    if (isLackingFile(warnings)) continue;
    if (action !== "FAILED") expect([kind, find(now)]).toEqual([kind, find(expectedRecords)]);
    else if (find(now)) presentKeys.push(`${kind} ${itemId}`);
  }
  return presentKeys;
}
