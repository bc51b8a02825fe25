import { describe, expect, test } from "vitest";
import type { Fault } from "../../../simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, roomInput, SETTLING_TIME, start, unitInput } from "../start.ts";

const post = (fault: Partial<Fault> & Pick<Fault, "kind">) =>
  ({ times: 1, when: ({ method }: { method: string }) => method === "POST", ...fault }) as Fault;
const patch = (fault: Partial<Fault> & Pick<Fault, "kind">) =>
  ({ times: 1, when: ({ method }: { method: string }) => method === "PATCH", ...fault }) as Fault;

describe("a create of unknown outcome", () => {
  const creates = [
    ["unit", `createUnit(input: ${unitInput})`, "units"],
    ["room", `createRoom(input: ${roomInput})`, "rooms"],
    ["client", `createClient(input: ${clientInput})`, "clients"],
    ["building", 'createBuilding(input: { name: "Palm" })', "buildings"],
    ["tenantContract", `createTenantContract(input: ${leaseInput("t-9")})`, "tenantContracts"],
  ] as const;

  test.each(creates)("is found if it was done: a %s", async (kind, mutation, table) => {
    const { mutate, sent, data, simulator } = await start();
    const before = data[table].all().length;
    simulator.faults.add(post({ kind: "lostAnswer" }));
    const payload = await mutate(mutation, `${kind} { almaId }`);
    expect(payload.userErrors).toEqual([]);
    expect(payload[kind]).toEqual({ almaId: data[table].all().at(0)?.id });
    expect(data[table].all()).toHaveLength(before + 1);
    expect(sent()).toHaveLength(1);
  });

  test.each(creates)(
    "has an unknown outcome if it was not done, and a repetition creates the record: a %s",
    async (kind, mutation, table) => {
      const { mutate, sent, data, simulator } = await start();
      const before = data[table].all().length;
      simulator.faults.add(post({ kind: "reset" }));
      const lost = await mutate(mutation, `${kind} { almaId }`);
      expect(lost).toMatchObject({ [kind]: null, userErrors: [{ code: "OUTCOME_UNKNOWN", field: null }] });
      expect(lost.userErrors[0]?.message).toMatch(
        /Send it again: .* looks by .* \(for up to 45 s\), it waits instead of sending a second one/,
      );
      expect(sent()).toHaveLength(1);
      const again = await mutate(mutation, `${kind} { almaId }`);
      expect(again.userErrors).toEqual([]);
      expect(data[table].all()).toHaveLength(before + 1);
    },
  );

  test.each([
    ["a 503", { kind: "status", status: 503 }],
    ["a proxy's page", { kind: "html" }],
    ["an answer cut short", { kind: "cut" }],
    ["silence after it was done", { kind: "stall", point: "before" }],
    ["a success that is a web page", { kind: "html", status: 200 }],
  ] as const)("%s decides nothing by itself: Alma is searched", async (_title, fault) => {
    const { mutate, data, simulator } = await start();
    simulator.faults.add(post(fault));
    const { userErrors } = await mutate(`createUnit(input: ${unitInput})`, "unit { id }");
    const made = data.units.by("external_id", "u-9").length;
    expect(userErrors.map(({ code }) => code)).toEqual(made === 1 ? [] : ["OUTCOME_UNKNOWN"]);
  });

  test.each([
    ["too many requests", { kind: "status", status: 429, retryAfter: 60 }, "ALMA_THROTTLED"],
    ["a refused key", { kind: "status", status: 401 }, "ALMA_REFUSED_KEY"],
  ] as const)("%s was not done, so no search is made", async (_title, fault, code) => {
    const { query, asked, simulator } = await start();
    simulator.faults.add(post(fault));
    const answer = await query(`mutation { createUnit(input: ${unitInput}) { userErrors { code } } }`);
    expect(answer.data).toEqual({ createUnit: null });
    expect(answer.errors).toMatchObject([{ path: ["createUnit"], extensions: { code } }]);
    expect(asked()).toEqual(["GET realty/units/external_id/u-9/", "GET realty/units/", "POST realty/units/"]);
  });

  test("that Alma refused with 429 was certainly not done: it is sent again, and makes one record", async () => {
    const { mutate, asked, data, simulator } = await start();
    simulator.faults.add({ ...post({ kind: "status", status: 429 }), times: 2 });
    const { unit, userErrors } = await mutate(`createUnit(input: ${unitInput})`, "unit { externalId }");
    expect([unit, userErrors]).toEqual([{ externalId: "u-9" }, []]);
    expect(asked().filter((call) => call.startsWith("POST"))).toHaveLength(3);
    expect(data.units.by("external_id", "u-9")).toHaveLength(1);
  });

  test("is found even if the record appears only after a while", async () => {
    const { mutate, data, simulator } = await start({}, { ALMA_TIMEOUT: "5" });
    simulator.faults.add(post({ kind: "reset" }));
    const later = setTimeout(
      () => data.clients.insert({ id: 777, external_id: "c-9", first_name: "Lea" }),
      700,
    );
    const { client, userErrors } = await mutate(`createClient(input: ${clientInput})`, "client { almaId }");
    clearTimeout(later);
    expect([client, userErrors]).toEqual([{ almaId: 777 }, []]);
  });

  test("of a client is found by the e-mail address if the Bitrix id is not found", async () => {
    const { mutate, data, simulator } = await start();
    simulator.faults.add(post({ kind: "reset" }));
    data.clients.insert({
      id: 778,
      external_id: "",
      first_name: "Lea",
      last_name: "Bauer",
      email: "LEA@example.com",
      status: "active",
    });
    const { client } = await mutate(`createClient(input: ${clientInput})`, "client { almaId }");
    expect(client).toEqual({ almaId: 778 });
  });

  test.each([null, "b-1"])(
    "of a building is not resolved to an earlier one of the same name, with the Bitrix id %s",
    async (external_id) => {
      const { mutate, data, simulator, sent } = await start();
      simulator.faults.add(post({ kind: "reset" }));
      data.buildings.change(1001, { external_id });
      const { building, userErrors } = await mutate(
        'createBuilding(input: { name: "Marina Tower", externalId: "b-9" })',
        "building { id }",
      );
      expect([building, userErrors]).toMatchObject([
        { id: "Building:1001" },
        [{ code: "ALREADY_EXISTS", field: ["input", "name"] }],
      ]);
      expect(sent()).toEqual([]);
    },
  );

  test("of a building is resolved to a new one of the same name whose Bitrix id Alma does not keep", async () => {
    const { mutate, data, simulator } = await start();
    simulator.faults.add(post({ kind: "lostAnswer" }));
    simulator.faults.add({
      kind: "transform",
      when: ({ path }) => path.includes("/buildings/"),
      change: (body) => (Array.isArray(body) ? body : { ...(body as object), external_id: "" }),
    });
    const { building, userErrors } = await mutate(
      'createBuilding(input: { name: "Palm", externalId: "b-9" })',
      "building { almaId }",
    );
    expect([building, userErrors]).toEqual([{ almaId: data.buildings.by("name", "Palm")[0]?.id }, []]);
  });

  test("is not sent at all if Alma cannot be read beforehand", async () => {
    const { query, simulator } = await start();
    simulator.faults.add({ kind: "reset", when: ({ method }) => method === "POST" });
    simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ path }) => path.includes("units/external_id/u-9"),
      rate: 1,
    });
    const answer = await query(`mutation { createUnit(input: ${unitInput}) { userErrors { code } } }`);
    expect(answer.errors).toMatchObject([{ extensions: { code: "ALMA_UNAVAILABLE" } }]);
    expect(simulator.log.entries.filter(({ method }) => method === "POST")).toEqual([]);
  });
});

describe("an update of unknown outcome", () => {
  test.each([
    [
      'updateUnit(ref: { almaId: 1 }, input: { goalRentCost: "12.20", floor: "7", parking: "covered" })',
      "unit",
    ],
    ['updateUnit(ref: { almaId: 1 }, input: { electronicLockPassword: "1234567890" })', "unit"],
    [
      "updateUnit(ref: { almaId: 1 }, input: { header: null, parking: null, internalArea: null, floor: null })",
      "unit",
    ],
    ['updateRoom(ref: { externalId: "r-11" }, input: { name: "7", externalId: "r-77" })', "room"],
    ['updateClient(ref: { almaId: 251 }, input: { country: "4", birthday: "1980-05-01" })', "client"],
    [
      "updateTenantContract(ref: { almaId: 901 }, input: { rentalObject: { almaId: 12 }, price: 7 })",
      "tenantContract",
    ],
  ])("succeeds if it was done: %s", async (mutation, kind) => {
    const data = {
      ...household,
      tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5) }],
    };
    const { mutate, sent, simulator } = await start({ data });
    simulator.faults.add(patch({ kind: "lostAnswer" }));
    const payload = await mutate(mutation, `${kind} { id }`);
    expect(payload.userErrors).toEqual([]);
    expect(payload[kind]).not.toBeNull();
    expect(sent()).toHaveLength(1);
  });

  test("has an unknown outcome if it was not done, with the current record", async () => {
    const { mutate, simulator } = await start();
    simulator.faults.add(patch({ kind: "reset" }));
    const payload = await mutate(
      'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })',
      "unit { id address }",
    );
    expect(payload).toMatchObject({ unit: { id: "Unit:1" }, userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
    expect(payload.userErrors[0]?.message).toContain("Unit:1");
  });

  test("of added photos is never repeated, and the message advises to check first", async () => {
    const { mutate, sent, simulator } = await start();
    simulator.faults.add(patch({ kind: "reset" }));
    const { userErrors } = await mutate(
      "updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } })",
      "__typename",
    );
    expect(userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(userErrors[0]?.message).toContain("added twice");
    expect(sent()).toHaveLength(1);
  });

  test("of a removed photo succeeds only if the photo is gone", async () => {
    const { mutate, simulator } = await start();
    const change = (photos: string) =>
      mutate(
        `updateUnit(ref: { almaId: 1 }, input: { photos: { ${photos} } })`,
        "unit { photos { almaId } }",
      );
    const { unit } = await change("add: [9146]");
    const [{ almaId }] = (unit as { photos: [{ almaId: number }] }).photos;
    simulator.faults.add(patch({ kind: "reset" }));
    const lost = await change(`remove: [${almaId}]`);
    expect(lost).toMatchObject({ unit, userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
    advance(SETTLING_TIME);
    simulator.faults.add(patch({ kind: "lostAnswer" }));
    expect((await change(`remove: [${almaId}]`)).userErrors).toEqual([]);
  });

  test("of a scan has an unknown outcome: no answer shows which file it is", async () => {
    const { mutate, simulator } = await start();
    simulator.faults.add(patch({ kind: "lostAnswer" }));
    const { userErrors } = await mutate(
      "updateClient(ref: { almaId: 251 }, input: { idScan: 9146 })",
      "__typename",
    );
    expect(userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
  });
});

describe("a state change of unknown outcome", () => {
  test.each(["archiveUnit(ref: { almaId: 1 })", 'archiveRoom(ref: { externalId: "r-11" })'])(
    "succeeds if it was done: %s",
    async (mutation) => {
      const { mutate, sent, simulator } = await start();
      simulator.faults.add(patch({ kind: "lostAnswer" }));
      const payload = await mutate(
        mutation,
        mutation.startsWith("archiveU") ? "unit { isArchived }" : "room { isArchived }",
      );
      expect(payload).toMatchObject({ userErrors: [] });
      expect(Object.values(payload)[0]).toEqual({ isArchived: true });
      expect(sent()).toHaveLength(1);
    },
  );

  test("has an unknown outcome if it was not done", async () => {
    const { mutate, simulator } = await start();
    simulator.faults.add(patch({ kind: "reset" }));
    const payload = await mutate("archiveUnit(ref: { almaId: 1 })", "unit { isArchived }");
    expect(payload).toMatchObject({ unit: { isArchived: false }, userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
  });

  test.each(["blockUnit", "unblockUnit"])(
    "of %s has an unknown outcome without polling: statuses prove nothing",
    async (verb) => {
      const { mutate, asked, simulator } = await start();
      simulator.faults.add(patch({ kind: "lostAnswer" }));
      const payload = await mutate(`${verb}(ref: { almaId: 1 })`, "unit { id } note");
      expect(payload).toMatchObject({
        unit: { id: "Unit:1" },
        note: null,
        userErrors: [{ code: "OUTCOME_UNKNOWN" }],
      });
      expect(asked()).toEqual(["PATCH realty/units/1/block/"]);
    },
  );
});

describe("a state change that Alma accepts and loses", () => {
  const bodies = [{ detail: "database is locked" }, { error: "busy", id: null }, "Busy", []];
  test.each(["blockUnit", "unblockUnit"].flatMap((verb) => bodies.map((body) => ({ verb, body }))))(
    "has an unknown outcome if a block is not answered with success: %o",
    async ({ verb, body }) => {
      const { mutate, simulator, sent } = await start();
      simulator.faults.add(patch({ kind: "status", status: 200, body }));
      const payload = await mutate(`${verb}(ref: { almaId: 1 })`, "unit { id } note");
      expect(payload).toMatchObject({
        unit: { id: "Unit:1" },
        note: null,
        userErrors: [{ code: "OUTCOME_UNKNOWN" }],
      });
      expect(sent()).toHaveLength(1);
      expect((await mutate(`${verb}(ref: { almaId: 1 })`, "note")).userErrors).toEqual([]);
    },
  );

  test("has an unknown outcome if the unit cannot be read afterwards", async () => {
    const { mutate, simulator, data } = await start();
    simulator.faults.add(patch({ kind: "status", status: 200, body: "" }));
    const unread = simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ method, path }) => method === "GET" && path.endsWith("/units/1/"),
    });
    const { userErrors } = await mutate("archiveUnit(ref: { almaId: 1 })", "__typename");
    expect(userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    expect(userErrors[0]?.message).toContain("cannot be read");
    expect(data.units.get(1)?.is_archived).toBe(false);
    unread.remove();
    expect((await mutate("archiveUnit(ref: { almaId: 1 })", "__typename")).userErrors).toEqual([]);
    expect(data.units.get(1)?.is_archived).toBe(true);
  });
});

test("a server error for an overlap is explained by the conflicting contracts", async () => {
  const data = {
    ...household,
    tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5) }],
  };
  const { mutate, sent } = await start({ data, switches: { overlapAnswer: "exception" } });
  const { userErrors } = await mutate(`createTenantContract(input: ${leaseInput("t-9")})`, "__typename");
  expect(userErrors).toMatchObject([{ code: "OVERLAP" }]);
  expect(userErrors[0]?.message).toContain("TenantContract:901");
  expect(sent()).toHaveLength(1);
});

test.each([
  ["createClient", `createClient(input: ${clientInput.replace("lea@", "omar@")})`, "POST"],
  ["updateClient", 'updateClient(ref: { almaId: 251 }, input: { email: "omar@example.com" })', "PATCH"],
])(
  "a write of unknown outcome is explained by the client who has the e-mail address: %s",
  async (_title, mutation, verb) => {
    const { mutate, sent, simulator } = await start();
    simulator.faults.add({ kind: "status", status: 500, times: 1, when: ({ method }) => method === verb });
    const { userErrors } = await mutate(mutation, "__typename");
    expect(userErrors).toMatchObject([{ code: "NOT_UNIQUE", field: ["input", "email"] }]);
    expect(userErrors[0]?.message).toContain("Client:252");
    expect(sent()).toHaveLength(1);
  },
);

describe("a change of dates of unknown outcome", () => {
  const data = {
    ...household,
    tenantContracts: [
      { id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5) },
      { id: 902, unit_id: 11, client_id: 252, start_date: day(6), end_date: day(20) },
    ],
  };
  const earlier = `updateTenantContract(ref: { almaId: 902 }, input: { startDate: "${day(3)}" })`;
  const later = `updateTenantContract(ref: { almaId: 902 }, input: { startDate: "${day(8)}" })`;

  test("is explained by the conflicting contracts", async () => {
    const { mutate, query, sent } = await start({ data, switches: { overlapAnswer: "exception" } });
    const payload = await mutate(earlier, "tenantContract { startDate }");
    expect(payload).toMatchObject({
      tenantContract: { startDate: day(6) },
      userErrors: [{ code: "OVERLAP" }],
    });
    expect(payload.userErrors[0]?.message).toContain(`: TenantContract:901 (${day(0)} to ${day(5)}).`);
    expect(sent()).toHaveLength(1);
    const { data: shown } = await query("{ tenantContract(ref: { almaId: 902 }) { startDate } }");
    expect(shown.tenantContract.startDate).toBe(day(6));
  });

  test("has an unknown outcome if no other contract exists", async () => {
    const { refusals, simulator } = await start({ data });
    simulator.faults.add(patch({ kind: "reset" }));
    expect(await refusals(later)).toEqual([["OUTCOME_UNKNOWN", null]]);
  });

  test("succeeds if Alma does it late, even if a conflicting contract follows", async () => {
    const { mutate, data: alma, simulator } = await start({ data });
    simulator.faults.add(patch({ kind: "reset" }));
    simulator.faults.add({
      kind: "reset",
      when({ method, path }) {
        const isSent = simulator.log.entries.some((entry) => entry.method === "PATCH");
        // The first poll is over; the list is now read for conflicting contracts.
        if (isSent && method === "GET" && path === "realty/contracts/tenant_contracts/") {
          alma.tenantContracts.change(902, { start_date: day(3) });
        }
        return false;
      },
    });
    const payload = await mutate(earlier, "tenantContract { startDate }");
    expect(payload).toEqual({ tenantContract: { startDate: day(3) }, userErrors: [] });
  });
});

test("a contract that Alma makes late, after the first poll, does not conflict with itself", async () => {
  const { mutate, data, simulator } = await start();
  const isList = ({ path }: { path: string }) => path === "realty/contracts/tenant_contracts/";
  let looks = 0;
  simulator.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "POST" });
  simulator.faults.add({
    kind: "reset",
    when(call) {
      const { entries } = simulator.log;
      const isSent = entries.some(({ method }) => method === "POST");
      // The first poll ends with the list; the next list is for conflicting contracts.
      if (isSent && isList(call) && call.method === "GET" && ++looks === 2) {
        const days = { start_date: day(-10), end_date: day(300) };
        data.tenantContracts.insert({ id: 905, external_id: "t-9", unit_id: 11, client_id: 252, ...days });
      }
      return false;
    },
  });
  const lease = `createTenantContract(input: ${leaseInput("t-9")})`;
  expect(await mutate(lease, "tenantContract { id }")).toEqual({
    tenantContract: { id: "TenantContract:905" },
    userErrors: [],
  });
});

test("a successful payload has the record with its id, even if it cannot be re-read", async () => {
  const { query, simulator } = await start();
  simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ method, path }) => method === "GET" && path.endsWith("units/1/"),
  });
  const answer = await query(
    'mutation { updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" }) { unit { id almaId address } userErrors { code } } }',
  );
  expect(answer.data).toEqual({
    updateUnit: { unit: { id: "Unit:1", almaId: 1, address: null }, userErrors: [] },
  });
  expect(answer.errors).toMatchObject([
    { path: ["updateUnit", "unit", "address"], extensions: { code: "ALMA_UNAVAILABLE" } },
  ]);
});
