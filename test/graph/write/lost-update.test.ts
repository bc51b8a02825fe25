import { describe, expect, test } from "vitest";
import type { Fault } from "../../../simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import { isPatch, losesUpdates, showsAddressesInCapitals } from "../../simulator/update-fault.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { SETTLING_TIME, start } from "../start.ts";

const data = {
  ...household,
  units: [
    { id: 1, name: "101", building: 1001, external_id: "u-1", address: "Pier 1" },
    { id: 3, name: "103", building: 1001, external_id: "u-3" },
  ],
  tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5) }],
};

describe.each(["off", "on"])("an update that Alma accepts (catalog %s)", (CATALOG) => {
  const run = () => start({ data }, { CATALOG });

  test.each([
    ['updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })', "unit"],
    ['updateUnit(ref: { externalId: "u-1" }, input: { address: null })', "unit"],
    ['updateUnit(ref: { almaId: 1 }, input: { name: "x" })', "unit"],
    ["updateUnit(ref: { almaId: 1 }, input: { isSwimmingPool: true })", "unit"],
    ["updateRoom(ref: { almaId: 11 }, input: { parentUnit: { almaId: 3 } })", "room"],
    ['updateClient(ref: { almaId: 251 }, input: { firstName: "Lea" })', "client"],
    ["updateTenantContract(ref: { almaId: 901 }, input: { rentalObject: { almaId: 12 } })", "tenantContract"],
    [`updateTenantContract(ref: { almaId: 901 }, input: { endDate: "${day(9)}" })`, "tenantContract"],
  ])("and loses has an unknown outcome, with the record as it is: %s", async (mutation, kind) => {
    const { mutate, sent, simulator } = await run();
    simulator.faults.add(losesUpdates);
    const payload = await mutate(mutation, `${kind} { id }`);
    expect(payload).toMatchObject({
      [kind]: { id: expect.any(String) },
      userErrors: [{ code: "OUTCOME_UNKNOWN", field: null }],
    });
    expect(payload.userErrors[0]?.message).toMatch(/sent to Alma, but Alma still shows the old value of: /);
    expect(sent()).toHaveLength(1);
  });

  test("and loses twice is not taken; another value is tried again", async () => {
    const { mutate, simulator } = await run();
    const lost = simulator.faults.add(losesUpdates);
    const change = (address: string) =>
      mutate(`updateUnit(ref: { almaId: 1 }, input: { address: "${address}" })`, "unit { address }");
    expect((await change("Pier 7")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(await change("Pier 7")).toMatchObject({
      unit: { address: "Pier 1" },
      userErrors: [
        {
          code: "REJECTED",
          field: ["input", "address"],
          message:
            "Alma accepted this value twice without storing it: Unit:1 still shows the old one. " +
            "Send another value, or change it in Alma.",
        },
      ],
    });
    expect((await change("Pier 8")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    lost.remove();
    expect(await change("Pier 7")).toEqual({ unit: { address: "Pier 7" }, userErrors: [] });
  });

  test("and stores in another form is done, whenever it is sent", async () => {
    const { mutate, simulator } = await run();
    simulator.faults.add(showsAddressesInCapitals);
    for (const _ of [1, 2, 3]) {
      const change = 'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })';
      expect(await mutate(change, "unit { address }")).toEqual({
        unit: { address: "PIER 7" },
        userErrors: [],
      });
    }
  });

  test("is done if Alma has never shown the field of any record", async () => {
    const { mutate, simulator } = await run();
    simulator.faults.add({
      kind: "transform",
      when: ({ method }) => method === "GET",
      change: (body) => {
        const hide = (row: object) => ({ ...row, keybox_code: null, lower_level: "" });
        return Array.isArray(body) ? body.map(hide) : hide(body as object);
      },
    });
    for (const field of ["keyboxCode", "lowerLevel"]) {
      const change = `updateUnit(ref: { almaId: 1 }, input: { ${field}: "7" })`;
      expect((await mutate(change, "unit { id }")).userErrors).toEqual([]);
    }
  });

  test("and shows a moment later is done", async () => {
    const { mutate, simulator, data: tables } = await run();
    simulator.faults.add(losesUpdates);
    setTimeout(() => tables.units.change(1, { address: "Pier 7" }), 900);
    const change = 'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })';
    expect(await mutate(change, "unit { address }")).toEqual({ unit: { address: "Pier 7" }, userErrors: [] });
  });

  test("is done if its answer names the record, even if that cannot be read; else its outcome is unknown", async () => {
    const { query, simulator } = await run();
    simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ method, path }) => method === "GET" && path.endsWith("/units/1/"),
    });
    const change =
      'mutation { updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" }) { userErrors { code } } }';
    expect((await query(change)).data).toEqual({ updateUnit: { userErrors: [] } });
    simulator.faults.add(losesUpdates);
    expect((await query(change)).data).toEqual({ updateUnit: { userErrors: [{ code: "OUTCOME_UNKNOWN" }] } });
  });
});

test.each(["archiveUnit(ref: { almaId: 1 })", 'archiveRoom(ref: { externalId: "r-11" })'])(
  "an archive that Alma accepts and loses has an unknown outcome: %s",
  async (mutation) => {
    const { mutate, simulator } = await start();
    const lost = simulator.faults.add(losesUpdates);
    expect((await mutate(mutation, "__typename")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    lost.remove();
    expect((await mutate(mutation, "__typename")).userErrors).toEqual([]);
  },
);

describe("the same idempotency key after an unknown outcome", () => {
  const reset: Fault = { kind: "reset", times: 1, when: isPatch };

  test.each([
    [
      'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" }, idempotencyKey: "k-1")',
      { address: "Pier 7" },
    ],
    ['archiveUnit(ref: { almaId: 1 }, idempotencyKey: "k-1")', { is_archived: true }],
  ])("checks first, and sends nothing if it was done meanwhile: %s", async (mutation, row) => {
    const { mutate, sent, simulator, data: tables } = await start({ data });
    simulator.faults.add(reset);
    expect((await mutate(mutation, "unit { id }")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    tables.units.change(1, row);
    expect(await mutate(mutation, "unit { id }")).toEqual({ unit: { id: "Unit:1" }, userErrors: [] });
    expect(sent()).toHaveLength(1);
  });

  test("sends a change again that was not done", async () => {
    const { mutate, sent, simulator } = await start({ data });
    simulator.faults.add(reset);
    const change = 'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" }, idempotencyKey: "k-1")';
    await mutate(change, "unit { id }");
    advance(SETTLING_TIME);
    expect(await mutate(change, "unit { address }")).toEqual({ unit: { address: "Pier 7" }, userErrors: [] });
    expect(sent()).toHaveLength(2);
  });
});
