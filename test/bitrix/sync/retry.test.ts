import { expect, test } from "vitest";
import { apartment, contact, tenantContract, unit } from "../item/items.ts";
import { actions, having } from "./gateway.ts";

const START = "ufCrm20ContractStartDate";
const END = "ufCrm20ContractEndDate";
const months = (from: number, to: number) => ({
  [START]: `2026-${String(from).padStart(2, "0")}-01`,
  [END]: `2026-${String(to).padStart(2, "0")}-28`,
});

test("contracts that each move to the dates of the next need one sync", async () => {
  const home = [apartment(12), unit(71, 12), contact(31)];
  const lease = (id: number, from: number, to: number) => tenantContract(id, 71, 31, months(from, to));
  const { sync } = await having(...home, lease(501, 1, 2), lease(502, 3, 4), lease(503, 5, 6));
  // Each takes the place of the next.
  const moved = [lease(501, 3, 4), lease(502, 5, 6), lease(503, 7, 8), lease(504, 1, 2)];
  expect(actions(await sync(moved))).toEqual(["UPDATED", "UPDATED", "UPDATED", "CREATED"]);
  expect(actions(await sync(moved))).toEqual(Array(4).fill("UNCHANGED"));
});

test("an e-mail address and a name that pass from record to record need one sync", async () => {
  const email = (id: number, name: string) => contact(id, { UF_Email_for_Alma: `${name}@example.com` });
  const { sync } = await having(
    email(31, "a"),
    email(32, "b"),
    apartment(12, { title: "A" }),
    apartment(13, { title: "B" }),
  );
  const passed = [
    email(33, "a"),
    email(31, "b"),
    email(32, "c"),
    apartment(12, { title: "B" }),
    apartment(13, { title: "C" }),
  ];
  expect(actions(await sync(passed))).toEqual(["CREATED", ...Array(4).fill("UPDATED")]);
});

test("a persistent conflict fails, and is retried only after other writes", async () => {
  const home = [apartment(12), unit(71, 12), contact(31)];
  const { sync, sent } = await having(...home, tenantContract(501, 71, 31, months(1, 6)));
  const late = tenantContract(502, 71, 31, months(6, 9));
  const other = tenantContract(503, 71, 31, months(10, 12));
  expect(actions(await sync([late, other]))).toEqual(["FAILED", "CREATED"]);
  expect(sent()).toHaveLength(3);
  expect(actions(await sync([late]))).toEqual(["FAILED"]);
  expect(sent()).toHaveLength(1);
});
