import { expect, test } from "vitest";
import { isPatch, losesUpdates, showsAddressesInCapitals } from "../../simulator/update-fault.ts";
import { advance } from "../../support/clock.ts";
import { apartment, contact, tenantContract, unit } from "../item/items.ts";
import { actions, having } from "./gateway.ts";

const ADDRESS = "ufCrm6_1718821717";
const FLOOR = "ufCrm6_1682232312628";
const KEYBOX = "ufCrm6_1720794204";

const home = [apartment(12), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
const moved = apartment(12, { [ADDRESS]: "Marina Walk 8" });
const errorsOf = (result: { readonly userErrors: readonly { readonly code: string }[] } | undefined) =>
  result?.userErrors.map(({ code }) => code);

test("a change that Alma accepts and loses is not an update; it is sent again, and done once Alma keeps it", async () => {
  const { sync, sent, data, simulator } = await having(...home);
  const lost = simulator.faults.add(losesUpdates);
  const { items } = await sync([moved]);
  expect(items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "OUTCOME_UNKNOWN" }] }]);
  lost.remove();
  expect(actions(await sync([moved]))).toEqual(["UPDATED"]);
  expect(data.units.all()[0]?.address).toBe("Marina Walk 8");
  expect(sent()).toHaveLength(2);
  expect(actions(await sync([moved]))).toEqual(["UNCHANGED"]);
});

test("a change that Alma loses twice is not taken: a warning, not sent again until the item changes", async () => {
  const { sync, sent, simulator } = await having(...home);
  simulator.faults.add(losesUpdates);
  await sync([moved]);
  const field = ["items", "0", "item", ADDRESS];
  for (const _ of [2, 3, 4]) {
    const { items } = await sync([moved, unit(71, 12)]);
    expect(items).toMatchObject([
      { action: "UNCHANGED", changes: [], userErrors: [], warnings: [{ code: "REJECTED", field }] },
      { action: "UNCHANGED", userErrors: [], warnings: [] },
    ]);
  }
  expect(sent()).toHaveLength(2);
  const again = apartment(12, { [ADDRESS]: "Marina Walk 9" });
  expect(errorsOf((await sync([again])).items[0])).toEqual(["OUTCOME_UNKNOWN"]);
  expect(sent()).toHaveLength(1);
});

test("of a partly accepted change, the rest is retried, then reported", async () => {
  const { sync, sent, data, simulator } = await having(...home);
  const [row] = data.units.all();
  // Alma ignores every change of the floor.
  simulator.faults.add({
    kind: "transform",
    when: ({ method, path }) => method === "GET" && path.endsWith(`/units/${row?.id}/`),
    change: (body) => ({ ...(body as object), floor: "17" }),
  });
  const changed = apartment(12, { [ADDRESS]: "Marina Walk 8", [FLOOR]: "18" });
  expect(errorsOf((await sync([changed])).items[0])).toEqual(["OUTCOME_UNKNOWN"]);
  expect((await sync([changed])).items).toMatchObject([
    { action: "UNCHANGED", changes: [], warnings: [{ code: "REJECTED" }] },
  ]);
  expect(sent().map(([, body]) => body)).toEqual([
    { address: "Marina Walk 8", floor: "18" },
    { floor: "18" },
  ]);
  const both = apartment(12, { [ADDRESS]: "Marina Walk 9", [FLOOR]: "18" });
  expect((await sync([both])).items).toMatchObject([
    { action: "UPDATED", changes: [{ field: "address" }], warnings: [{ code: "REJECTED" }] },
  ]);
  expect(sent().map(([, body]) => body)).toEqual([{ address: "Marina Walk 9" }]);
});

test.each([0, 1])(
  "a value that Alma stores in another form is sent twice, then not again (%i answers lost)",
  async (lost) => {
    const { sync, sent, simulator } = await having(...home);
    if (lost > 0) simulator.faults.add({ kind: "lostAnswer", times: lost, when: isPatch });
    simulator.faults.add(showsAddressesInCapitals);
    for (const _ of [1, 2]) expect(actions(await sync([moved]))).toEqual(["UPDATED"]);
    for (const _ of [3, 4]) expect(actions(await sync([moved]))).toEqual(["UNCHANGED"]);
    expect(sent()).toHaveLength(2);
  },
);

test.each(["reset", undefined])(
  "a value written by another program before the change is read again is not attributed to Alma (%s)",
  async (fault) => {
    const { sync, sent, data, simulator } = await having(...home);
    const [row] = data.units.all();
    if (fault) simulator.faults.add({ kind: "reset", times: 1, when: isPatch });
    simulator.faults.add({
      kind: "transform",
      times: 1,
      when: ({ method }) => method === "GET" && simulator.log.entries.some(isPatch),
      change: (body) => {
        data.units.change(row?.id ?? 0, { address: "Theirs" });
        return { ...(body as object), address: "Theirs" };
      },
    });
    const [item] = (await sync([moved])).items;
    expect(item).toMatchObject(
      fault ? { action: "FAILED", userErrors: [{ code: "OUTCOME_UNKNOWN" }] } : { action: "UPDATED" },
    );
    expect(data.units.all()[0]?.address).toBe("Theirs");
    advance(60_000);
    expect(actions(await sync([moved]))).toEqual(["UPDATED"]);
    expect(data.units.all()[0]?.address).toBe("Marina Walk 8");
    expect(actions(await sync([moved]))).toEqual(["UNCHANGED"]);
    expect(sent()).toHaveLength(2);
  },
);

test("a field that Alma never shows is reported as sent", async () => {
  const { sync, sent, simulator } = await having(...home);
  simulator.faults.add({
    kind: "transform",
    when: ({ method, path }) => method === "GET" && path.includes("/units/"),
    change: (body) => {
      const hide = (row: object) => ({ ...row, keybox_code: null });
      return Array.isArray(body) ? body.map(hide) : hide(body as object);
    },
  });
  const coded = apartment(12, { [KEYBOX]: "8123" });
  for (const _ of [1, 2]) expect(actions(await sync([coded]))).toEqual(["UPDATED"]);
  expect(actions(await sync([coded]))).toEqual(["UNCHANGED"]);
  expect(sent()).toHaveLength(2);
});

test("a contract that Alma does not move fails, now and later", async () => {
  const { sync, simulator } = await having(...home, unit(72, 12));
  simulator.faults.add(losesUpdates);
  const elsewhere = tenantContract(501, 72, 31);
  for (const code of ["OUTCOME_UNKNOWN", "REJECTED", "REJECTED"]) {
    expect((await sync([elsewhere])).items).toMatchObject([{ action: "FAILED", userErrors: [{ code }] }]);
  }
});

test("a value that Alma loses in a create is written by the next sync", async () => {
  const { sync, data, simulator } = await having(apartment(13));
  simulator.faults.add({
    kind: "transform",
    times: 1,
    when: ({ method }) => method === "POST",
    change: (body) => {
      data.units.change((body as { id: number }).id, { address: "" });
      return body;
    },
  });
  expect(actions(await sync([apartment(12)]))).toEqual(["CREATED"]);
  expect(actions(await sync([apartment(12)]))).toEqual(["UPDATED"]);
  expect(actions(await sync([apartment(12)]))).toEqual(["UNCHANGED"]);
});

test("a record whose change Alma may still perform is not changed again, and the item says how long that takes", async () => {
  const { sync, sent, simulator } = await having(...home);
  simulator.faults.add({ kind: "late", ms: 50_000, times: 1, when: isPatch });
  expect(errorsOf((await sync([moved])).items[0])).toEqual(["OUTCOME_UNKNOWN"]);
  const { items } = await sync([apartment(12, { [ADDRESS]: "Marina Walk 9" })]);
  expect(items).toMatchObject([
    {
      action: "FAILED",
      userErrors: [{ code: "NOT_DONE", message: expect.stringMatching(/send it again in \d+ s/) }],
    },
  ]);
  expect(sent()).toHaveLength(1);
});
