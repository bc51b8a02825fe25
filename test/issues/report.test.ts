import { describe, expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { advance } from "../support/clock.ts";
import { data, details, lists, sorted, start } from "./gateway.ts";

describe("the calls of a report with an empty cache", () => {
  test.each<[string, readonly string[]]>([
    ["MISSING_BITRIX_ID", lists],
    ["MALFORMED_BITRIX_ID", lists],
    ["DUPLICATE_BITRIX_ID", lists],
    ["DUPLICATE_ADDITIONAL_BITRIX_ID", sorted(["GET realty/units/"], details("units", 1, 2, 3, 4))],
    ["MISSING_ADDITIONAL_BITRIX_ID", sorted(["GET realty/units/"], details("units", 1, 2, 3, 4))],
    [
      "UNUSED_ADDITIONAL_BITRIX_ID",
      sorted(["GET realty/rooms/", "GET realty/units/"], details("units", 1, 2, 3, 4)),
    ],
    [
      "WHOLE_LET_UNIT_ALSO_A_ROOM",
      sorted(["GET realty/rooms/", "GET realty/units/"], details("units", 1, 2, 3, 4)),
    ],
    [
      "ROOM_UNDER_WHOLE_LET_UNIT",
      sorted(["GET realty/rooms/"], details("rooms", 11, 12, 13), details("units", 1, 2)),
    ],
  ])("%s: without findings, the evidence", async (kind, calls) => {
    const { ask } = await start();
    const { drift, errors, asked, extensions } = await ask([kind]);
    expect(errors).toBeUndefined();
    expect(drift).toEqual({
      asOf: expect.any(String),
      totalCount: 0,
      groups: [{ kind, totalCount: 0, cases: [] }],
    });
    expect(asked).toEqual(calls);
    expect(extensions.alma.calls).toBe(calls.length);
    expect(drift.asOf).toBe(extensions.alma.oldest);
    expect((await ask([kind])).asked).toEqual([]);
  });

  test("for all kinds: the five lists, and the detail of every unit, room and tenant contract", async () => {
    const { ask } = await start();
    const { drift, asked } = await ask();
    expect(drift.groups).toHaveLength(9);
    expect(drift.totalCount).toBe(0);
    expect(asked).toEqual(
      sorted(
        lists,
        details("units", 1, 2, 3, 4),
        details("rooms", 11, 12, 13),
        details("contracts/tenant_contracts", 41, 42),
      ),
    );
  });

  test("for no kind: none", async () => {
    const { ask } = await start();
    const { drift, asked } = await ask([]);
    expect(drift).toEqual({ asOf: null, totalCount: 0, groups: [] });
    expect(asked).toEqual([]);
  });
});

describe("the report", () => {
  test("makes no call with a warm catalog, for any fields", async () => {
    const { ask, warm, query } = await start(
      { CATALOG: "on" },
      {
        data: { ...data, units: [...data.units, { id: 7, external_id: "a4", name: "7", building: 5 }] },
      },
    );
    await warm();
    await ask();
    const { reported, asked, extensions } = await ask();
    expect(reported).toEqual(["DUPLICATE_BITRIX_ID a4 Unit:7 Unit:4"]);
    expect(asked).toEqual([]);
    expect(extensions.alma.calls).toBe(0);
    const { data: read, errors } = await query(
      "{ bitrixDrift { groups { cases { records { id ... on Unit { name building { name } } } } } } }",
    );
    expect(errors).toBeUndefined();
    expect(read.bitrixDrift.groups[2].cases[0].records).toEqual([
      { id: "Unit:7", name: "7", building: { name: "B" } },
      { id: "Unit:4", name: "4", building: { name: "B" } },
    ]);
  });

  test("waits for the warm-up and makes no additional calls", async () => {
    const { ask, alma, warm } = await start({ CATALOG: "on" }, { latency: 20 });
    alma.units.change(1, { external_id: "" });
    const { reported, extensions } = await ask();
    expect(reported).toEqual(["MISSING_BITRIX_ID  Unit:1"]);
    expect(extensions.alma.calls).toBe(0);
    await warm();
  });

  test("shows the first cases of each kind and counts all", async () => {
    const { ask, alma } = await start();
    for (const { id } of data.rooms) alma.rooms.change(id, { external_id: "" });
    const { drift, reported } = await ask(["MISSING_BITRIX_ID", "DUPLICATE_BITRIX_ID"], 2);
    expect(drift.totalCount).toBe(3);
    expect(reported).toEqual(["MISSING_BITRIX_ID  Room:13", "MISSING_BITRIX_ID  Room:12"]);
    expect((await ask(["MISSING_BITRIX_ID"], 0)).drift.groups).toEqual([
      { kind: "MISSING_BITRIX_ID", totalCount: 3, cases: [] },
    ]);
  });

  test.each([-1, 12])(
    "refuses to show %i cases of each of 9 kinds where a page has 100 at most, before any call",
    async (first) => {
      const { ask } = await start({ MAX_PAGE: "100" });
      const { errors, asked } = await ask(null, first);
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "first" } }]);
      expect(errors?.[0]?.message).toContain("with 9 kinds ask for 0 to 11");
      expect(asked).toEqual([]);
      expect((await ask(null, 11)).errors).toBeUndefined();
    },
  );

  test("rereads its records for a tighter maxAge of rows, and drops cases that are resolved", async () => {
    const { ask, alma, query, asked } = await start();
    alma.units.change(1, { external_id: "a2" });
    const kinds = ["DUPLICATE_BITRIX_ID"];
    expect((await ask(kinds)).reported).toHaveLength(1);
    alma.units.change(1, { external_id: "a1" });
    expect((await ask(kinds)).reported).toHaveLength(1);
    advance(1_100);
    await query("{ units { totalCount } }");
    asked();
    const young =
      "query Drift($kinds: [BitrixDriftKind!]) @freshness(maxAge: 1, of: ROWS) { bitrixDrift(kinds: $kinds) { groups { kind cases { externalId records { id } } } } }";
    const now = await ask(kinds, undefined, young);
    expect(now.reported).toEqual([]);
    expect(now.asked).toEqual(sorted(details("units", 1, 2)));
  });

  test("includes writes through the gateway", async () => {
    const { ask, alma, query } = await start();
    alma.units.change(3, { is_used_additional_external_id: false });
    const kinds = ["UNUSED_ADDITIONAL_BITRIX_ID"];
    expect((await ask(kinds)).reported).toEqual(["UNUSED_ADDITIONAL_BITRIX_ID b3 Unit:3"]);
    await query(
      "mutation { updateUnit(ref: { almaId: 3 }, input: { isUsedAdditionalExternalId: true }) { userErrors { code } } }",
    );
    expect((await ask(kinds)).reported).toEqual([]);
  });

  test("has an error if a write overlapped it", async () => {
    const { ask, alma, query, simulator } = await start();
    alma.units.change(3, { is_used_additional_external_id: false });
    const slow = simulator.faults.add({
      kind: "stall",
      ms: 1_500,
      when: ({ path }) => path.endsWith("realty/rooms/"),
      times: 1,
    });
    const report = ask(["UNUSED_ADDITIONAL_BITRIX_ID"]);
    while (slow.hits === 0 || simulator.log.entries.length < 5)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const { data: written } = await query(
      "mutation { updateUnit(ref: { almaId: 3 }, input: { additionalExternalId: null }) { userErrors { code } } }",
    );
    expect(written.updateUnit.userErrors).toEqual([]);
    const { drift, errors } = await report;
    expect(drift.groups).toHaveLength(1);
    expect(errors).toMatchObject([{ path: ["bitrixDrift"], extensions: { code: "OVERLAPPED" } }]);
    const later = await ask(["UNUSED_ADDITIONAL_BITRIX_ID"]);
    expect(later.reported).toEqual([]);
    expect(later.errors).toBeUndefined();
  });

  test("ignores overlapping writes to other kinds", async () => {
    const { ask, query, simulator } = await start();
    const slow = simulator.faults.add({
      kind: "stall",
      ms: 500,
      when: ({ path }) => path.endsWith("realty/rooms/"),
      times: 1,
    });
    const report = ask(["UNUSED_ADDITIONAL_BITRIX_ID"]);
    while (slow.hits === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const { data: written } = await query(
      'mutation { updateClient(ref: { almaId: 21 }, input: { lastName: "Z" }) { userErrors { code } } }',
    );
    expect(written.updateClient.userErrors).toEqual([]);
    expect((await report).errors).toBeUndefined();
  });

  test("has errors for failed reads, and data for the rest", async () => {
    const { ask, alma, simulator } = await start();
    alma.units.change(1, { external_id: "" });
    alma.units.change(2, { external_id: "" });
    simulator.faults.add({ kind: "status", status: 400, when: ({ path }) => path.endsWith("/units/2/") });
    const { reported, errors } = await ask(["MISSING_BITRIX_ID"]);
    expect(reported).toEqual(["MISSING_BITRIX_ID  Unit:1"]);
    expect(errors).toMatchObject([
      { path: ["bitrixDrift"], message: expect.stringContaining("the first is Unit:2") },
    ]);
  });

  test("omits records deleted since the list was read", async () => {
    const { ask, alma, simulator } = await start();
    alma.units.change(1, { external_id: "" });
    simulator.faults.add({ kind: "vanish", when: ({ path }) => path.endsWith("/units/1/") });
    const { reported, errors } = await ask(["MISSING_BITRIX_ID"]);
    expect(errors).toBeUndefined();
    expect(reported).toEqual([]);
  });

  test("fails before the first call if it needs more than MAX_CALLS", async () => {
    const { ask } = await start({ MAX_CALLS: "4" });
    const { data: none, errors, asked } = await ask(["MISSING_ADDITIONAL_BITRIX_ID"]);
    expect(none).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "CALL_BUDGET_EXCEEDED" } }]);
    expect(asked).toEqual(["GET realty/units/"]);
  });
});

describe("the scopes of a report", () => {
  const records = (fields: string) => `{ bitrixDrift { groups { cases { records { ${fields} } } } } }`;

  test.each([
    "... on Unit { keyboxCode }",
    "... on RentalObject { electronicLockPassword }",
    "... on Unit { rooms { nodes { keyboxCode } } }",
  ])("secrets are not in lists, open or not: %s", async (fields) => {
    const { query, asked } = await start();
    const { errors } = await query(records(fields));
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(errors?.[0]?.message).toContain("for one record per operation");
    expect(asked()).toEqual([]);
  });

  test("are READ for the report and PERSONAL for personal data", async () => {
    const reader = createApiKey("reader", ["read"], null);
    const writer = createApiKey("writer", ["write"], null);
    const { query, asked } = await start({ API_KEYS: JSON.stringify([reader.record, writer.record]) });
    const as = (key: string, text: string) => query(text, {}, { "x-api-key": key });
    const personal = await as(reader.key, records("... on Client { phone }"));
    expect(personal.errors?.[0]?.message).toContain("personal (for Client.phone)");
    expect((await as(writer.key, records("id"))).errors?.[0]?.message).toContain(
      "read (for Query.bitrixDrift",
    );
    expect(asked()).toEqual([]);
    expect((await as(reader.key, records("id"))).errors).toBeUndefined();
  });
});
