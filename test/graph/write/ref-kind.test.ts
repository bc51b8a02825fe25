import { expect, test } from "vitest";
import { leaseInput, ownerInput, start } from "../start.ts";

/**
 * Units 1 and 2, rooms 11 and 12. They share one id space, and Alma does not distinguish them where it accepts both.
 */
const wrong = [
  [
    "a contract on a room whose id is a unit's",
    `createTenantContract(input: ${leaseInput("t-9", '{ id: "Room:2" }')}`,
  ],
  [
    "an owner contract on a unit whose id is a room's",
    `createOwnerContract(input: ${ownerInput("o-9", '{ id: "Unit:11" }')}`,
  ],
] as const;

test.each(wrong)("%s is NOT_FOUND: in a dry run or not, cached or not", async (_title, mutation) => {
  const { refusals, query, sent } = await start();
  for (const known of [false, true]) {
    if (known) await query("{ units { nodes { name } } rooms { nodes { name } } }");
    for (const rest of [", dryRun: true)", ")"]) {
      expect(await refusals(mutation + rest)).toEqual([["NOT_FOUND", "input.rentalObject"]]);
    }
  }
  expect(sent()).toEqual([]);
});

test("an id of the right kind is accepted, at no extra call if it is cached", async () => {
  const { mutate, query, asked } = await start();
  const lease = (id: string) =>
    `createTenantContract(input: ${leaseInput(id, '{ id: "Room:11" }')}, dryRun: false)`;
  await query("{ rooms { nodes { name } } }");
  asked();
  expect((await mutate(lease("t-9"), "__typename")).userErrors).toEqual([]);
  expect(asked().filter((call) => /realty\/(units|rooms)\/(\d|$)/.test(call))).toEqual([]);
});
