import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../../src/capabilities/bitrix/item/json-object.ts";
import { checkItems } from "../../../src/capabilities/bitrix/sync/check-items.ts";
import { start, syncMutation } from "../sync/gateway.ts";
import { apartment, contact, type Item, ownerContract, tenantContract, unit, WHOLE } from "./items.ts";
import { dubai } from "./mapped.ts";

const text =
  "query ($items: [BitrixItemInput!]!) { mapBitrix(items: $items) { userErrors { code field message } fields { bitrixField value userError { code } } } }";
const LETTING = "ufCrm6_1736951470242";
const UNITS = "ufCrm6_1684425402";
const home = [apartment(12), unit(71, 12), contact(31)];

const refused: readonly (readonly [string, readonly Item[]])[] = [
  [
    "an end before its start",
    [...home, tenantContract(501, 71, 31, { ufCrm20ContractEndDate: "2025-12-31" })],
  ],
  ["a negative price", [...home, tenantContract(501, 71, 31, { opportunity: "-1" })]],
  [
    "a negative rent",
    [apartment(12, { ufCrm6_1682232447205: "-5" }), unit(71, 12, { ufCrm8_1699620518232: "-5" })],
  ],
  ["two versions of an item", [contact(31), contact(31, { NAME: "Nora" }), contact(32)]],
  [
    "an apartment let as a whole with two units",
    [apartment(12, { [LETTING]: WHOLE, [UNITS]: [71, 72] }), unit(71, 12)],
  ],
  ["a unit that two apartments name", [12, 13].map((id) => apartment(id, { [LETTING]: WHOLE, [UNITS]: 71 }))],
  [
    "a second unit of an apartment let as a whole",
    [apartment(12, { [LETTING]: WHOLE, [UNITS]: 71 }), unit(71, 12), unit(72, 12)],
  ],
  ["what depends on a broken item", [contact(31, { NAME: "" }), apartment(12), ownerContract(401, 12, 31)]],
  [
    "what depends on a broken unit",
    [
      ...home.slice(0, 1),
      unit(71, 12, { ufCrm8_1682957076924: 1 }),
      contact(31),
      tenantContract(501, 71, 31),
    ],
  ],
];

describe.each(refused)("%s", (_, items) => {
  test("is found by mapBitrix with the errors of a sync, and without a call", async () => {
    const { query, sent, asked } = await start();
    const mapped = (await query(text, { items })).data.mapBitrix;
    expect(asked()).toEqual([]);
    const { data } = await query(syncMutation, { items, dryRun: true });
    const errorsOf = (all: readonly { readonly userErrors: readonly object[] }[]) =>
      all.map(({ userErrors }) => userErrors);
    expect(errorsOf(mapped)).toEqual(errorsOf(data.syncBitrix.items));
    expect(errorsOf(mapped).flat()).not.toEqual([]);
    expect(sent()).toEqual([]);
  });
});

test("a value that is refused is null, with its error", async () => {
  const { query } = await start();
  const { data } = await query(text, { items: [tenantContract(501, 71, 31, { opportunity: "-1" })] });
  expect(data.mapBitrix[0].fields).toContainEqual({
    bitrixField: "opportunity",
    value: null,
    userError: { code: "INVALID" },
  });
});

test("items are checked in steps, one item in each", () => {
  const contacts = Array.from({ length: 50 }, (_, id) => contact(id + 1));
  const mapped = contacts.map(({ item }) => dubai.map("contact", item as JsonValue));
  let checked = 0;
  let most = 0;
  const steps = checkItems(mapped, () => void checked++);
  for (let result = steps.next(), before = 0; !result.done; before = checked, result = steps.next())
    most = Math.max(most, checked - before);
  expect([checked, most]).toEqual([50, 1]);
});

test("possibly valid items are not refused: identical items, fields of a unit let as a whole, parents in Alma", async () => {
  const { query } = await start();
  const whole = apartment(12, { [LETTING]: WHOLE, [UNITS]: 71 });
  const items = [contact(31), contact(31), whole, unit(71, 12), tenantContract(501, 99, 98)];
  const { data } = await query(text, { items });
  expect(data.mapBitrix.map(({ userErrors }: { userErrors: object[] }) => userErrors)).toEqual(
    Array(5).fill([]),
  );
});
