import { describe, expect, test } from "vitest";
import type { WriteCause, WriteEffects } from "../../../src/catalog/index.ts";
import { createUnsettledWrites } from "../../../src/graph/write/unsettled-writes.ts";
import { household } from "../../simulator/alma.ts";
import { isPatch } from "../../simulator/update-fault.ts";
import { advance, now } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { leaseInput, ownerInput, roomInput, start } from "../start.ts";

const data = {
  ...household,
  units: [
    { id: 1, name: "101", building: 1001, external_id: "u-1", address: "Pier 1" },
    { id: 3, name: "103", building: 1001, external_id: "u-3" },
  ],
  rooms: [
    ...household.rooms,
    { id: 31, name: "1", parent_unit: 3, external_id: "r-31" },
    { id: 32, name: "2", parent_unit: 3, is_archived: true },
  ],
  tenantContracts: [
    { id: 901, unit_id: 11, client_id: 252, start_date: day(400), end_date: day(500) },
    { id: 902, unit_id: 12, client_id: 252, start_date: day(400), end_date: day(500) },
  ],
};

/**
 * The household, whose Alma performs the first PATCH `ms` milliseconds after its arrival, after all callers have given
 * up.
 */
async function startLate(ms = 40_000, env: Record<string, string> = {}) {
  const gateway = await start({ data }, env);
  gateway.simulator.faults.add({ kind: "stall", ms, times: 1, when: isPatch });
  return {
    ...gateway,
    /** The code of a mutation's error or user error; undefined if it succeeded. */
    async codeOf(mutation: string) {
      const { data: payloads, errors } = await gateway.query(
        `mutation { done: ${mutation} { userErrors { code } } }`,
      );
      return errors?.[0]?.extensions.code ?? payloads.done.userErrors[0]?.code;
    },
  };
}

const rename = (name: string, key = "") =>
  `updateBuilding(ref: { almaId: 1001 }, input: { name: "${name}" }${key})`;
const address = (value: string, key = "") =>
  `updateUnit(ref: { almaId: 1 }, input: { address: "${value}" }${key ? `, idempotencyKey: "${key}"` : ""})`;
const addPhoto = (file: number) => `updateUnit(ref: { almaId: 1 }, input: { photos: { add: [${file}] } })`;
const moveLease = "updateTenantContract(ref: { almaId: 902 }, input: { rentalObject: { almaId: 11 } })";
const priceOf = (id: number) => `updateTenantContract(ref: { almaId: ${id} }, input: { price: 7 })`;
const onRoom = leaseInput("t-9");

describe.each(["off", "on"])("while a write may still be performed (catalog %s)", (CATALOG) => {
  test.each([
    ["archiveRoom(ref: { almaId: 11 })", [`createTenantContract(input: ${onRoom})`, priceOf(901), moveLease]],
    [
      "archiveRoom(ref: { almaId: 11 })",
      ["unarchiveRoom(ref: { almaId: 11 })", "unarchiveUnit(ref: { almaId: 1 })"],
    ],
    [
      "archiveUnit(ref: { almaId: 1 })",
      [`createRoom(input: ${roomInput})`, `createOwnerContract(input: ${ownerInput("o-9")})`],
    ],
    [
      "archiveUnit(ref: { almaId: 1 })",
      [`createTenantContract(input: ${onRoom})`, priceOf(901), "blockRoom(ref: { almaId: 11 })"],
    ],
    [
      "unarchiveRoom(ref: { almaId: 32 })",
      ["archiveUnit(ref: { almaId: 3 })", "archiveRoom(ref: { almaId: 32 })"],
    ],
    [
      "blockUnit(ref: { almaId: 3 })",
      [
        `createTenantContract(input: ${leaseInput("t-9", "{ almaId: 31 }")})`,
        "unblockUnit(ref: { almaId: 3 })",
      ],
    ],
    ["unblockRoom(ref: { almaId: 31 })", ["blockRoom(ref: { almaId: 31 })", "blockUnit(ref: { almaId: 3 })"]],
    [rename("Late"), [rename("Now")]],
    [addPhoto(9146), [addPhoto(9147), address("Pier 7"), "archiveUnit(ref: { almaId: 1 })"]],
    [
      'updateClient(ref: { almaId: 251 }, input: { firstName: "Lea" })',
      ['updateClient(ref: { almaId: 251 }, input: { lastName: "Bauer" })'],
    ],
    [
      'updateUnit(ref: { almaId: 1 }, input: { externalId: "u-9" })',
      [
        'createUnit(input: { externalId: "u-9", name: "109", building: { almaId: 1001 }, propertyType: "studio" })',
      ],
    ],
  ])("writes that %s could undo or change are not sent: %s", async (late, refused) => {
    const { codeOf, query, sent } = await startLate(undefined, { CATALOG });
    expect(await codeOf(late)).toBe("OUTCOME_UNKNOWN");
    sent();
    for (const mutation of refused) {
      const { errors } = await query(`mutation { ${mutation} { userErrors { code } } }`);
      expect([mutation, errors]).toMatchObject([
        mutation,
        [{ extensions: { code: "WRITE_UNSETTLED", retryAfter: expect.any(Number) } }],
      ]);
      const [, seconds] = /Nothing was sent; send it again in (\d+) s/.exec(errors?.[0]?.message ?? "") ?? [];
      expect(Number(seconds)).toBeGreaterThan(30);
      expect(errors?.[0]?.extensions).toMatchObject({ retryAfter: Number(seconds) });
    }
    expect(sent()).toEqual([]);
  });

  test("a write sent while an update is compared with its expected values is waited for", async () => {
    const { codeOf, simulator, sent } = await startLate(undefined, { CATALOG });
    let archive: Promise<unknown> | undefined;
    simulator.faults.add({
      kind: "stall",
      ms: 500,
      when: ({ method, path }) => {
        if (method !== "GET" || !path.endsWith("/rooms/11/")) return false;
        archive ??= codeOf("archiveUnit(ref: { almaId: 1 })");
        return true;
      },
    });
    expect(
      await codeOf('updateRoom(ref: { almaId: 11 }, input: { header: "New" }, expected: { header: "" })'),
    ).toBe("WRITE_UNSETTLED");
    expect(await archive).toBe("OUTCOME_UNKNOWN");
    expect(sent().map(([call]) => call)).toEqual(["PATCH realty/units/1/archive/"]);
  });

  test.each(["unblockUnit(ref: { almaId: 1 })", "unarchiveUnit(ref: { almaId: 1 })"])(
    "records of the unit of %s are written immediately",
    async (late) => {
      const { codeOf, sent } = await startLate(undefined, { CATALOG });
      await codeOf(late);
      sent();
      for (const mutation of [
        `createTenantContract(input: ${onRoom})`,
        priceOf(901),
        `createRoom(input: ${roomInput})`,
        'updateRoom(ref: { almaId: 11 }, input: { header: "New" })',
      ])
        expect([mutation, await codeOf(mutation)]).toEqual([mutation, undefined]);
      expect(await codeOf("archiveRoom(ref: { almaId: 12 })")).toBe("WRITE_UNSETTLED");
      expect(sent()).toHaveLength(4);
    },
  );

  test("other records are written immediately", async () => {
    const { codeOf } = await startLate(undefined, { CATALOG });
    expect(await codeOf("archiveRoom(ref: { almaId: 11 })")).toBe("OUTCOME_UNKNOWN");
    for (const mutation of [
      address("Pier 7"),
      priceOf(902),
      rename("Now"),
      "archiveRoom(ref: { almaId: 12 })",
      `createTenantContract(input: ${leaseInput("t-9", "{ almaId: 31 }")})`,
      'updateClient(ref: { almaId: 252 }, input: { firstName: "Lea" })',
    ])
      expect([mutation, await codeOf(mutation)]).toEqual([mutation, undefined]);
  });
});

test("a record that belongs to no unit or room is not read because of an unsettled block", async () => {
  const { codeOf, simulator } = await startLate();
  expect(await codeOf("blockRoom(ref: { almaId: 31 })")).toBe("OUTCOME_UNKNOWN");
  const isRead = ({ method, path }: { method: string; path: string }) =>
    method === "GET" && path.endsWith("/clients/251/");
  simulator.faults.add({ kind: "status", status: 500, when: isRead });
  expect(await codeOf('updateClient(ref: { almaId: 251 }, input: { firstName: "Lea" })')).toBeUndefined();
});

test("what an unsettled write may have changed is invalidated when it settles, with its cause", async () => {
  const noted: unknown[] = [];
  const unsettled = createUnsettledWrites(60_000, {
    clock: now,
    noteWrite: (...write) => void noted.push(write),
  });
  const write: WriteEffects = { kind: "unit", verb: "update", id: 1 };
  const by = { name: "anyone", operation: "updateUnit", requestId: "r-1" };
  const cause: WriteCause = { isCreate: false, fields: ["address"], by, startedAt: now(), endedAt: Infinity };
  unsettled.noteAnswered(unsettled.note({ write, cause, lockKeys: ["Unit:1"], onEnd: () => {} }), now());
  advance(59_000);
  expect(noted).toEqual([]);
  advance(2_000);
  await expect.poll(() => noted).toEqual([[write, cause]]);
  expect(unsettled.find(["Unit:1"])).toBeUndefined();
});
