import { describe, expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, ownerInput, roomInput, start, unitInput } from "../start.ts";

const isPost = ({ method }: { readonly method: string }) => method === "POST";

/**
 * A gateway whose Alma performs the first POST `ms` milliseconds after its arrival, after all callers have given up.
 */
async function startLate(ms: number, env: Record<string, string> = {}) {
  const gateway = await start({}, { ALMA_TIMEOUT: "5", ...env });
  gateway.simulator.faults.add({ kind: "stall", ms, times: 1, when: isPost });
  return gateway;
}

const creates = [
  ["unit", `createUnit(input: ${unitInput})`, "units"],
  ["room", `createRoom(input: ${roomInput})`, "rooms"],
  ["client", `createClient(input: ${clientInput})`, "clients"],
  ["building", 'createBuilding(input: { name: "Palm" })', "buildings"],
  ["ownerContract", `createOwnerContract(input: ${ownerInput("o-9")})`, "ownerContracts"],
  ["tenantContract", `createTenantContract(input: ${leaseInput("t-9")})`, "tenantContracts"],
] as const;

describe("a create that Alma performs late", () => {
  test.each(creates)(
    "is found by the repetition, which sends nothing: a %s",
    async (kind, mutation, table) => {
      const { mutate, sent, data } = await startLate(14_000);
      const before = data[table].all().length;
      const lost = await mutate(mutation, `${kind} { almaId }`);
      expect(lost).toMatchObject({ [kind]: null, userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
      expect(lost.userErrors[0]?.message).toMatch(/Send it again.*looks.*15 s/);
      const again = await mutate(mutation, `${kind} { almaId }`);
      expect(again).toMatchObject({
        [kind]: { almaId: data[table].all()[0]?.id },
        userErrors: [{ code: "ALREADY_EXISTS" }],
      });
      expect(data[table].all()).toHaveLength(before + 1);
      expect(sent()).toHaveLength(1);
    },
  );

  test("is done for the same idempotency key, and from then on answered without a call", async () => {
    const { mutate, sent, asked, data } = await startLate(14_000);
    const keyed = `createUnit(input: ${unitInput}, idempotencyKey: "k-1")`;
    expect((await mutate(keyed, "unit { almaId }")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    const again = await mutate(keyed, "unit { almaId }");
    expect(again).toEqual({ unit: { almaId: data.units.all()[0]?.id }, userErrors: [] });
    expect(sent()).toHaveLength(1);
    asked();
    expect(await mutate(keyed, "unit { almaId }")).toEqual(again);
    expect(asked()).toEqual([]);
  });

  test("keeps its idempotency key: another input under it is refused", async () => {
    const { mutate } = await startLate(14_000);
    await mutate(`createUnit(input: ${unitInput}, idempotencyKey: "k-1")`, "unit { id }");
    const other = unitInput.replace("u-9", "u-10");
    const { userErrors } = await mutate(`createUnit(input: ${other}, idempotencyKey: "k-1")`, "unit { id }");
    expect(userErrors).toMatchObject([{ code: "INVALID", field: ["idempotencyKey"] }]);
  });

  test("is known to simultaneous repetitions and to creates with the same e-mail address", async () => {
    const { mutate, sent, data } = await startLate(14_000);
    const create = `createClient(input: ${clientInput})`;
    await mutate(create, "client { id }");
    const other = create.replace("c-9", "c-10").replace("lea@", "Lea@");
    const answers = await Promise.all([create, create, other].map((one) => mutate(one, "client { id }")));
    expect(answers.map(({ userErrors }) => userErrors[0]?.code)).toEqual([
      "ALREADY_EXISTS",
      "ALREADY_EXISTS",
      "NOT_UNIQUE",
    ]);
    expect(data.clients.by("external_id", "c-9")).toHaveLength(1);
    // The last one came after the settling time.
    expect(sent()).toHaveLength(2);
  });
});

describe("while Alma may still perform a create", () => {
  test("a repetition ends at its deadline, with the seconds that are left", async () => {
    const { mutate, sent, data } = await startLate(28_000, {
      ALMA_TIMEOUT: "10",
      DEADLINE: "3",
      WRITE_SETTLING_TIME: "30",
    });
    const create = `createUnit(input: ${unitInput})`;
    expect((await mutate(create, "unit { id }")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    const seconds: number[] = [];
    let answer = await mutate(create, "unit { id }");
    for (; answer.userErrors[0]?.code === "OUTCOME_UNKNOWN"; answer = await mutate(create, "unit { id }")) {
      const [, left] = /for up to (\d+) s/.exec(answer.userErrors[0].message) ?? [];
      seconds.push(Number(left));
    }
    expect(answer).toMatchObject({
      unit: { id: `Unit:${data.units.all()[0]?.id}` },
      userErrors: [{ code: "ALREADY_EXISTS" }],
    });
    expect(seconds.length).toBeGreaterThan(2);
    expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
    expect(seconds[0]).toBeLessThanOrEqual(20);
    expect(seconds.at(-1)).toBeGreaterThan(0);
    expect(sent()).toHaveLength(1);
  });

  test("nothing is sent until Alma can be read again", async () => {
    const { mutate, query, sent, simulator } = await start({}, { ALMA_TIMEOUT: "5" });
    const create = `createUnit(input: ${unitInput})`;
    simulator.faults.add({ kind: "reset", times: 1, when: isPost });
    await mutate(create, "unit { id }");
    const down = simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ method }) => method === "GET",
    });
    const answer = await query(`mutation { ${create} { userErrors { code } } }`);
    expect(answer.errors).toMatchObject([{ extensions: { code: "ALMA_UNAVAILABLE" } }]);
    expect(sent()).toHaveLength(1);
    down.remove();
    expect((await mutate(create, "unit { id }")).userErrors).toEqual([]);
  });

  test.each([
    ["an answer that never came", 2],
    ["a 500, with which Alma has ended it", 3],
  ])("a rule that forbids it now does not decide: after %s", async (title, posts) => {
    const other = { id: 901, unit_id: 11, client_id: 252, start_date: day(0), end_date: day(5) };
    const data = { ...household, tenantContracts: [other] };
    const env = { ALMA_TIMEOUT: "5", WRITE_SETTLING_TIME: "30" };
    const { mutate, sent, simulator } = await start({ data }, env);
    simulator.faults.add(
      posts === 2
        ? { kind: "stall", ms: 25_000, times: 1, when: isPost }
        : { kind: "status", status: 500, times: 1, when: isPost },
    );
    const create = `createTenantContract(input: ${leaseInput("t-9")})`;
    expect((await mutate(create, "__typename")).userErrors).toMatchObject([{ code: "OVERLAP" }]);
    const shorten = `updateTenantContract(ref: { almaId: 901 }, input: { startDate: "${day(-99)}", endDate: "${day(-90)}" })`;
    expect((await mutate(shorten, "__typename")).userErrors).toEqual([]);
    const again = await mutate(create, "tenantContract { externalId }");
    expect(again).toMatchObject({
      tenantContract: { externalId: "t-9" },
      userErrors: posts === 2 ? [{ code: "ALREADY_EXISTS" }] : [],
    });
    expect([title, simulator.data.tenantContracts.by("external_id", "t-9").length]).toEqual([title, 1]);
    expect(sent()).toHaveLength(posts);
  });

  test("other records are created without waiting", async () => {
    const { mutate } = await startLate(60_000, { DEADLINE: "3" });
    await mutate(`createUnit(input: ${unitInput})`, "unit { id }");
    const other = `createUnit(input: ${unitInput.replace("u-9", "u-10").replace("109", "110")})`;
    expect((await mutate(other, "unit { id }")).userErrors).toEqual([]);
  });
});

test("a create that another one has replaced is not completed by its record", async () => {
  const { mutate, simulator } = await start({}, { ALMA_TIMEOUT: "5" });
  simulator.faults.add({ kind: "reset", times: 1, when: isPost });
  const first = `createUnit(input: ${unitInput}, idempotencyKey: "k-1")`;
  expect((await mutate(first, "unit { id }")).userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
  const second = `createUnit(input: ${unitInput.replace('"109"', '"110"')}, idempotencyKey: "k-2")`;
  expect(await mutate(second, "unit { name }")).toEqual({ unit: { name: "110" }, userErrors: [] });
  expect(await mutate(first, "unit { name }")).toMatchObject({
    unit: { name: "110" },
    userErrors: [{ code: "ALREADY_EXISTS" }],
  });
});

test.each(creates)(
  "a record that Alma does not show yet is not created again: a %s",
  async (kind, mutation) => {
    const { mutate, sent, simulator } = await start();
    const first = await mutate(mutation, `${kind} { id }`);
    expect(first.userErrors).toEqual([]);
    const { almaId } = (await mutate(mutation, `${kind} { almaId }`))[kind] as { almaId: number };
    const isOther = ({ id }: { id?: number }) => id !== almaId;
    simulator.faults.add({
      kind: "transform",
      when: ({ method, path }) => method === "GET" && !path.endsWith(`/${almaId}/`),
      change: (body) => (Array.isArray(body) ? body.filter(isOther) : body),
    });
    simulator.faults.add({
      kind: "status",
      status: 404,
      body: { detail: "Not found." },
      when: ({ path }) => /external_id|rental_object/.test(path) && path.includes("-9"),
    });
    sent();
    expect(await mutate(mutation, `${kind} { id }`)).toMatchObject({
      [kind]: first[kind],
      userErrors: [{ code: "ALREADY_EXISTS" }],
    });
    expect(sent()).toEqual([]);
  },
);

test("a create that Alma never performs is sent again after the settling time, once", async () => {
  const { mutate, sent, data, simulator } = await start({}, { ALMA_TIMEOUT: "5", WRITE_SETTLING_TIME: "8" });
  simulator.faults.add({ kind: "reset", times: 1, when: isPost });
  const create = `createUnit(input: ${unitInput})`;
  await mutate(create, "unit { id }");
  expect((await mutate(create, "unit { almaId }")).userErrors).toEqual([]);
  expect(sent()).toHaveLength(2);
  expect(data.units.by("external_id", "u-9")).toHaveLength(1);
});

describe("a create that Alma accepts without an id", () => {
  const bodies: [string, unknown][] = [
    ["an empty answer", ""],
    ["an object without an id", {}],
    ["an error in a 200", { error: "Internal" }],
  ];

  test.each(bodies)("has an unknown outcome if no search finds it: %s", async (_title, body) => {
    const { mutate, sent, simulator } = await start();
    // Alma answers 200 and creates nothing.
    simulator.faults.add({ kind: "status", status: 200, body, times: 1, when: isPost });
    const lost = await mutate(`createRoom(input: ${roomInput})`, "room { almaId }");
    expect(lost).toMatchObject({ room: null, userErrors: [{ code: "OUTCOME_UNKNOWN", field: null }] });
    expect(lost.userErrors[0]?.message).toMatch(/accepted.*no id.*does not show/);
    expect(sent()).toHaveLength(1);
    // It is not duplicated: the repetition waits first.
    const again = await mutate(`createRoom(input: ${roomInput})`, "room { externalId }");
    expect(again).toEqual({ room: { externalId: "r-19" }, userErrors: [] });
  });

  test("is explained by the rule for which Alma refuses it", async () => {
    const taken = { ...household.clients[1], email: "lea@example.com" };
    const { mutate, simulator } = await start({ data: { ...household, clients: [taken] } });
    simulator.faults.add({ kind: "status", status: 200, body: { error: "no" }, times: 1, when: isPost });
    const { userErrors } = await mutate(`createClient(input: ${clientInput})`, "client { id }");
    expect(userErrors).toMatchObject([{ code: "NOT_UNIQUE", field: ["input", "email"] }]);
  });
});

test("an existing record is named even if it cannot be read again", async () => {
  const { query, simulator } = await start();
  simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.endsWith("/rooms/11/") });
  const create = `createRoom(input: ${roomInput.replace("r-19", "r-11")})`;
  const answer = await query(`mutation { ${create} { room { almaId } userErrors { code } } }`);
  expect(answer.data).toEqual({
    createRoom: { room: { almaId: 11 }, userErrors: [{ code: "ALREADY_EXISTS" }] },
  });
  expect(answer.errors).toBeUndefined();
});
