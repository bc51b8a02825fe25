import { expect, test } from "vitest";
import { apartment, contact, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, start } from "./syncing.ts";

const flow = [
  tenantContract(501, 71, 31),
  contact(31),
  unit(71, 12),
  ownerContract(401, 12, 30),
  contact(30),
  apartment(12),
];

test("items in any order become records that hang together, and the same again changes nothing", async () => {
  const { sync, asked } = await start();
  const first = await sync(flow);
  expect(actions(first)).toEqual(Array(6).fill("CREATED"));
  asked();
  const again = await sync(flow);
  expect(actions(again)).toEqual(Array(6).fill("UNCHANGED"));
  expect(asked().map((call) => call.split(" ")[0])).toEqual(Array(6).fill("GET"));
});
