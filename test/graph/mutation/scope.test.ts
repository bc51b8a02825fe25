import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { advance } from "../../support/clock.ts";
import { clientInput, leaseInput, roomInput, SETTLING_TIME, start, unitInput } from "../start.ts";

const keys = {
  writer: createApiKey("writer", ["write"], null),
  integrator: createApiKey("integrator", ["read", "write"], null),
  office: createApiKey("office", ["read", "personal", "write"], null),
};

async function guarded(options: Parameters<typeof start>[0] = {}) {
  const records = Object.values(keys).map(({ record }) => record);
  const gateway = await start(options, { API_KEYS: JSON.stringify(records) });
  return {
    ...gateway,
    as: (name: keyof typeof keys, mutation: string) =>
      gateway.query(`mutation { done: ${mutation} { userErrors { code field message } } }`, undefined, {
        "x-api-key": keys[name].key,
      }),
  };
}

describe("a dry run only reads, and so needs READ as well as WRITE", () => {
  test.each([
    ["createUnit", `input: ${unitInput}`],
    ["createRoom", `input: ${roomInput}`],
    ["createClient", `input: ${clientInput}`],
    ["createTenantContract", `input: ${leaseInput("t-9")}`],
    ["updateUnit", 'ref: { almaId: 1 }, input: { header: "x" }'],
    ["archiveUnit", "ref: { almaId: 1 }"],
    ["blockRoom", "ref: { almaId: 11 }"],
  ])("in %s", async (name, args) => {
    const { as, asked } = await guarded();
    const { data, errors } = await as("writer", `${name}(${args}, dryRun: true)`);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", missing: ["READ"] } }]);
    expect(errors?.[0]?.message).toContain(`Mutation.${name} with dryRun: true`);
    expect(asked()).toEqual([]);
    expect((await as("integrator", `${name}(${args}, dryRun: true)`)).errors).toBeUndefined();
  });

  test("by a variable, and in any part", async () => {
    const { query, data } = await guarded();
    const answer = await query(
      `mutation ($try: Boolean!) {
        a: createUnit(input: ${unitInput}) { userErrors { code } }
        b: createRoom(input: ${roomInput}, dryRun: $try) { userErrors { code } }
      }`,
      { try: true },
      { "x-api-key": keys.writer.key },
    );
    expect(answer.errors).toMatchObject([{ extensions: { code: "FORBIDDEN", missing: ["READ"] } }]);
    expect(data.units.by("external_id", "u-9")).toEqual([]);
  });

  test("and a write needs WRITE alone", async () => {
    const { as, data } = await guarded();
    expect(await as("writer", `createUnit(input: ${unitInput}, dryRun: false)`)).toMatchObject({
      data: { done: { userErrors: [] } },
    });
    expect(data.units.by("external_id", "u-9")).toHaveLength(1);
  });
});

test("without READ, dates of a record do not refuse a write", async () => {
  const { as, query, simulator } = await guarded();
  const headers = { "x-api-key": keys.integrator.key };
  await as("integrator", `createTenantContract(input: ${leaseInput("t-9")})`);
  await query('{ tenantContract(ref: { externalId: "t-9" }) { startDate } }', {}, headers);
  const mutation = 'updateTenantContract(ref: { externalId: "t-9" }, input: { endDate: "2001-01-01" })';
  const refused = (await as("integrator", mutation)).data.done.userErrors;
  expect(refused).toMatchObject([{ code: "INVALID", field: ["input", "endDate"] }]);
  simulator.faults.add({ kind: "status", status: 400, body: { end_date: ["Wrong."] }, when: isWrite });
  const { userErrors } = (await as("writer", mutation)).data.done;
  expect(userErrors).toMatchObject([{ field: ["input", "endDate"] }]);
  expect(userErrors[0].message).toContain("Alma says: Wrong.");
});

describe("without PERSONAL, a caller does not learn whether an e-mail address is taken", () => {
  const create = (email: string, rest = "") =>
    `createClient(input: ${clientInput.replace("lea@example.com", email)}${rest})`;
  const update = (email: string, rest = "") =>
    `updateClient(ref: { almaId: 251 }, input: { email: "${email}" }${rest})`;
  const free = "lea@example.com";
  const taken = "omar@example.com";

  test.each([
    ["createClient", create],
    ["updateClient", update],
  ])("by a dry run of %s", async (_, mutation) => {
    const { as, asked } = await guarded();
    await as("integrator", mutation(free, ", dryRun: true"));
    asked();
    const answers = [];
    for (const email of [free, taken])
      answers.push({ answer: await as("integrator", mutation(email, ", dryRun: true")), calls: asked() });
    expect(answers[1]?.answer.data).toEqual({ done: { userErrors: [] } });
    expect(answers[1]?.answer.data).toEqual(answers[0]?.answer.data);
    expect(answers[1]?.answer.extensions.alma.calls).toBe(answers[0]?.answer.extensions.alma.calls);
    expect(answers[1]?.calls).toEqual(answers[0]?.calls);
    const seen = await as("office", mutation(taken, ", dryRun: true"));
    expect(seen.data.done.userErrors).toMatchObject([{ code: "NOT_UNIQUE", field: ["input", "email"] }]);
  });

  test.each<[string, object]>([
    ["in Alma's words", { email: ["client with this email already exists."] }],
    ["in other words", { email: ["Занято."] }],
    ["without the field", { detail: "Занято." }],
  ])("by a write that another fault keeps from being done, %s", async (_, refusal) => {
    const { as, simulator } = await guarded();
    const invalid = { phone: ["Enter a valid phone number."] };
    const refuse = (json: object) =>
      simulator.faults.add({ kind: "status", status: 400, body: json, times: 1, when: isWrite });
    for (const mutation of [create, update]) {
      refuse(invalid);
      const other = await as("integrator", mutation(free));
      refuse({ ...invalid, ...refusal });
      const hidden = await as("integrator", mutation(taken));
      expect(other.data.done.userErrors).toMatchObject([{ field: ["input", "phone"] }]);
      expect(hidden.data).toEqual(other.data);
      refuse({ ...invalid, ...refusal });
      const { data } = await as("office", mutation(taken));
      expect(data.done.userErrors).toHaveLength(2);
    }
  });

  test("by a create that waits for one of unknown outcome", async () => {
    const { as, simulator } = await guarded();
    simulator.faults.add({ kind: "reset", times: 1, when: isWrite });
    expect((await as("office", create("lost@example.com"))).data.done.userErrors).toMatchObject([
      { code: "OUTCOME_UNKNOWN" },
    ]);
    simulator.faults.add({ kind: "status", status: 400, body: { phone: ["Wrong."] }, when: isWrite });
    const guess = async (email: string) => {
      simulator.log.clear();
      const { data } = await as("integrator", create(email).replace("c-9", "c-10"));
      return { data, calls: simulator.log.entries.map(({ method, path }) => `${method} ${path}`) };
    };
    await guess(free);
    const refused = await guess(free);
    expect(refused.data.done.userErrors).toMatchObject([{ field: ["input", "phone"] }]);
    expect(await guess("lost@example.com")).toEqual(refused);
  });

  test("by a write whose answer was lost", async () => {
    const lea = { id: 253, first_name: "Lea", last_name: "Bauer", external_id: null, email: free };
    const data = { ...household, clients: [...household.clients, lea] };
    for (const [name, code] of [
      ["integrator", "OUTCOME_UNKNOWN"],
      ["office", undefined],
    ] as const) {
      const { as, simulator } = await guarded({ data });
      simulator.faults.add({ kind: "reset", times: 1, when: isWrite });
      const { userErrors } = (await as(name, create(free))).data.done;
      expect(userErrors[0]?.code).toBe(code);
    }
    const { as, simulator } = await guarded();
    simulator.faults.add({ kind: "reset", times: 2, when: isWrite });
    for (const mutation of [create, update]) {
      const { userErrors } = (await as("integrator", mutation(taken))).data.done;
      expect(userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN" }]);
    }
  });
});

const isWrite = ({ method }: { readonly method: string }): boolean => method === "POST" || method === "PATCH";

describe("a caller does not learn a value that it may not read by guessing it in updates", () => {
  const data = {
    ...household,
    units: household.units.map((unit) => ({ ...unit, keybox_code: "4711", header: "101" })),
    clients: household.clients.map((client) => ({ ...client, phone: "+971500000001" })),
  };
  const ignored = { kind: "status", status: 200, body: {}, when: isWrite } as const;
  const lost = { kind: "reset", when: isWrite } as const;
  const code = (value: string) => `updateUnit(ref: { almaId: 1 }, input: { keyboxCode: "${value}" })`;
  const phone = (value: string) => `updateClient(ref: { almaId: 251 }, input: { phone: "${value}" })`;
  const header = (value: string) => `updateUnit(ref: { almaId: 1 }, input: { header: "${value}" })`;

  test.each([
    ["integrator", "a door code", code, "4711", "4712"],
    ["office", "a door code", code, "4711", "4712"],
    ["integrator", "a phone number", phone, "+971500000001", "+971500000002"],
    ["writer", "a phone number", phone, "+971500000001", "+971500000002"],
    ["writer", "a title", header, "101", "102"],
  ] as const)("%s: %s", async (name, _, update, right, wrong) => {
    const { as, simulator, data: records } = await guarded({ data });
    for (const fault of [ignored, lost]) {
      const active = simulator.faults.add(fault);
      const answers = [];
      for (const value of [wrong, right, wrong]) {
        answers.push((await as(name, update(value))).data.done);
        advance(SETTLING_TIME);
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
      active.remove();
    }
    expect((await as(name, update(wrong))).data.done.userErrors).toEqual([]);
    expect(JSON.stringify([records.units.all(), records.clients.all()])).toContain(wrong);
  });

  test("and a caller who may read it learns whether Alma shows it", async () => {
    const { as, simulator } = await guarded({ data });
    for (const fault of [ignored, lost]) {
      const active = simulator.faults.add(fault);
      const codes = async (mutation: string) =>
        (await as("office", mutation)).data.done.userErrors.map((error: { code: string }) => error.code);
      expect(await codes(phone("+971500000001"))).toEqual([]);
      advance(SETTLING_TIME);
      expect(await codes(phone("+971500000002"))).toEqual(["OUTCOME_UNKNOWN"]);
      advance(SETTLING_TIME);
      active.remove();
    }
  });
});
