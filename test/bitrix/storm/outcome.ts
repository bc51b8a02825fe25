import { expect } from "vitest";
import type { Data } from "../../../src/simulator/index.ts";
import type { ItemResult, Payload } from "../sync/gateway.ts";
import type { Portfolio } from "./portfolio.ts";
import { failuresOf, type Holding, held, isWhole } from "./portfolio-alma.ts";
import { itemsOf } from "./portfolio-items.ts";

/** An item's kind and Bitrix id. */
export const keyOf = ({ kind, itemId }: Pick<ItemResult, "kind" | "itemId">): string => `${kind} ${itemId}`;

/** What became of each item: its action, and why it failed. */
export function endsOf({ items }: Payload): Record<string, string> {
  const ends = items.map((item): [string, string] => {
    const codes = [...new Set(item.userErrors.map(({ code }) => code))].sort();
    return [keyOf(item), [item.action, ...codes].join(" ")];
  });
  return Object.fromEntries(ends.sort());
}

/** What is to become of each item, those that can be brought in being `done`. */
export function expectedEnds(from: Portfolio, done: "CREATED" | "UNCHANGED"): Record<string, string> {
  const why = failuresOf(from);
  const whole = new Set(from.places.filter((place) => isWhole(from, place)).map(({ id }) => `UNIT ${id}`));
  const ends = itemsOf(from, 0, { wrapped: 0 }).map(({ kind, item }): [string, string] => {
    const key = `${kind} ${item.id ?? item.ID}`;
    const codes = why.get(key);
    if (codes) return [key, ["FAILED", ...codes].join(" ")];
    return [key, whole.has(key) ? "ATTACHED_TO_UNIT" : done];
  });
  return Object.fromEntries(ends.sort());
}

/** The keys of the items that were not brought in although nothing is wrong with them. */
export function leftOf(payload: Payload, from: Portfolio): string[] {
  const why = failuresOf(from);
  const failed = payload.items.filter((item) => item.action === "FAILED" && !why.has(keyOf(item)));
  return failed.map(keyOf);
}

/** Everything is there as it is to be, and nothing else. */
export function expectHeld(data: Data, holding: Holding): void {
  expect(held(data, { like: holding })).toEqual(holding);
}

/** Where the records of each kind of item are. */
const tables = {
  APARTMENT: "units",
  UNIT: "rooms",
  CONTACT: "clients",
  OWNER_CONTRACT: "ownerContracts",
  TENANT_CONTRACT: "tenantContracts",
} as const;

/**
 * Holds what a sync says to what Alma has: no Bitrix id twice, and what is reported as done is there as it is to be.
 * Gives the keys of the items that are reported as failed and are there all the same.
 */
export function expectTrue({ items }: Payload, data: Data, holding: Holding): string[] {
  const now = held(data, { like: holding });
  for (const [kind, rows] of Object.entries(now)) {
    const ids = rows.map((row: Record<string, unknown>) => row.external_id ?? row.name);
    expect([kind, new Set(ids).size]).toEqual([kind, rows.length]);
  }
  const there: string[] = [];
  for (const { kind, itemId, action, record } of items) {
    if (action === "ATTACHED_TO_UNIT") {
      const unit = data.units.all().find((row) => row.additional_external_id === itemId);
      expect(record?.id).toBe(`Unit:${unit?.id}`);
      continue;
    }
    const table = tables[kind as keyof typeof tables];
    const find = (all: Holding) => all[table].find(({ external_id }) => external_id === itemId);
    if (action !== "FAILED") expect([kind, find(now)]).toEqual([kind, find(holding)]);
    else if (find(now)) there.push(`${kind} ${itemId}`);
  }
  return there;
}
