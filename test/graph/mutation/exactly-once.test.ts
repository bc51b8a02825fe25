import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, SETTLING_TIME, start, unitInput } from "../start.ts";

const create = `createUnit(input: ${unitInput})`;

describe("a create makes its record once", () => {
  test("an existing record is returned, and nothing is sent", async () => {
    const { mutate, sent } = await start();
    const input = '{ externalId: "u-1", name: "x", building: { almaId: 1001 }, propertyType: "studio" }';
    const { unit, userErrors } = await mutate(`createUnit(input: ${input})`, "unit { id name }");
    expect(unit).toEqual({ id: "Unit:1", name: "101" });
    expect(userErrors).toMatchObject([{ code: "ALREADY_EXISTS", field: ["input", "externalId"] }]);
    expect(sent()).toEqual([]);
  });

  test("simultaneous creates of one Bitrix id make one record", async () => {
    const { mutate, sent, data } = await start({ latency: 20 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => mutate(create, "unit { id }")));
    expect(new Set(answers.map(({ unit }) => JSON.stringify(unit))).size).toBe(1);
    const codes = answers.map(({ userErrors }) => userErrors[0]?.code).filter(Boolean);
    expect(codes).toEqual(Array(5).fill("ALREADY_EXISTS"));
    expect(sent()).toHaveLength(1);
    expect(data.units.by("external_id", "u-9")).toHaveLength(1);
  });

  test("creates of different Bitrix ids do not wait for each other", async () => {
    const { mutate, simulator } = await start({ latency: 50 });
    simulator.log.clear();
    const input = (id: string) =>
      `{ externalId: "${id}", firstName: "A", lastName: "B", email: "${id}@example.com" }`;
    await Promise.all(
      ["1", "2", "3", "4"].map((id) => mutate(`createClient(input: ${input(id)})`, "client { id }")),
    );
    expect(simulator.log.peak).toBeGreaterThan(2);
  });

  test("a building is recognised by its name, with or without surrounding blanks in Alma", async () => {
    const { mutate, data } = await start();
    data.buildings.insert({ name: "Palm ", project: 207 });
    for (const name of ["Palm ", "Palm", " Marina Tower"]) {
      const { userErrors } = await mutate(`createBuilding(input: { name: "${name}" })`, "building { id }");
      expect([name, userErrors]).toMatchObject([name, [{ code: "ALREADY_EXISTS" }]]);
    }
  });

  test("a building is recognised by its name within the project", async () => {
    const { mutate, data, sent } = await start();
    data.projects.insert({ id: 240, name: "Development" });
    const same = await mutate('createBuilding(input: { name: "Marina Tower" })', "building { id }");
    expect(same).toMatchObject({
      building: { id: "Building:1001" },
      userErrors: [{ code: "ALREADY_EXISTS" }],
    });
    const other = await mutate(
      'createBuilding(input: { name: "Marina Tower", project: 240 })',
      "building { id }",
    );
    expect(other.userErrors).toEqual([]);
    const named = await mutate(
      'createBuilding(input: { name: "Marina Tower", externalId: "b-2" })',
      "building { id }",
    );
    expect(named).toMatchObject({
      building: { id: "Building:1001" },
      userErrors: [{ code: "ALREADY_EXISTS" }],
    });
    expect(sent().map(([call]) => call)).toEqual(["POST realty/buildings/"]);
  });

  test.each([
    "Building with this name already exists (archived).",
    'Building "Block A" already exists',
    "Здание с таким названием уже существует (в архиве)",
  ])("a refusal for a duplicate name is resolved to the existing building: %s", async (detail) => {
    const { mutate, simulator } = await start();
    const when = ({ method }: { readonly method: string }) => method === "POST";
    simulator.faults.add({ kind: "status", status: 400, body: { detail }, times: 1, when });
    const named = await mutate(
      'createBuilding(input: { name: "Marina Tower", externalId: "b-2" })',
      "building { id }",
    );
    expect(named).toMatchObject({
      building: { id: "Building:1001" },
      userErrors: [{ code: "ALREADY_EXISTS" }],
    });
  });

  describe("the refusal names the field by which the record was found:", () => {
    const found = async (mutation: string, selection: string, data: object = household) => {
      const { mutate } = await start({ data });
      const { userErrors, ...record } = await mutate(mutation, selection);
      return [Object.values(record)[0], userErrors];
    };
    const taken = (field: string, key: string) => [
      {
        code: "ALREADY_EXISTS",
        field: ["input", field],
        message: `${key} already has this ${field}, so nothing was created. Use it, or update it.`,
      },
    ];

    test("the name of a building without a Bitrix id, and of one with another", async () => {
      const mutation = 'createBuilding(input: { name: "Marina Tower", externalId: "b-9" })';
      for (const external_id of [null, "b-1"]) {
        const buildings = [{ id: 1001, name: "Marina Tower", project: 207, external_id }];
        expect(await found(mutation, "building { id }", { ...household, buildings })).toEqual([
          { id: "Building:1001" },
          taken("name", "Building:1001"),
        ]);
      }
    });

    test("the e-mail address of a client without a Bitrix id", async () => {
      const lea = {
        id: 253,
        first_name: "Lea",
        last_name: "Bauer",
        email: "Lea@example.com",
        external_id: null,
      };
      const clients = [...household.clients, lea];
      expect(
        await found(`createClient(input: ${clientInput})`, "client { id }", { ...household, clients }),
      ).toEqual([{ id: "Client:253" }, taken("email", "Client:253")]);
    });

    test("names the owner of the address only to callers that may search by e-mail", async () => {
      const { key, record } = createApiKey("forms", ["read", "write"], null);
      const { query, data } = await start({}, { API_KEYS: JSON.stringify([record]) });
      data.clients.change(252, {
        first_name: "Lea",
        last_name: "Bauer",
        email: "lea@example.com",
        external_id: null,
      });
      const answer = await query(
        `mutation { createClient(input: ${clientInput}) { client { id } userErrors { code field message } } }`,
        {},
        { "x-api-key": key },
      );
      const { client, userErrors } = answer.data.createClient;
      expect([client, userErrors]).toMatchObject([null, [{ code: "NOT_UNIQUE", field: ["input", "email"] }]]);
      expect(userErrors[0].message).not.toContain("Client:");
    });
  });

  test("simultaneous creates of one building make one", async () => {
    const { mutate, data } = await start({ latency: 20 });
    const inputs = [
      '{ name: "Palm" }',
      '{ name: "Palm", externalId: "b-7" }',
      '{ name: "Palm", project: 207 }',
    ];
    await Promise.all(inputs.map((input) => mutate(`createBuilding(input: ${input})`, "building { id }")));
    expect(data.buildings.by("name", "Palm")).toHaveLength(1);
  });

  test("a record that another system makes in between is returned", async () => {
    const { mutate, data, simulator } = await start({ switches: { duplicateExternalIds: false } });
    simulator.faults.add({
      kind: "transform",
      times: 1,
      when: ({ path }) => path.endsWith("units/external_id/u-9/"),
      change: (body) => {
        data.units.insert({ id: 55, external_id: "u-9", name: "155", building: 1001 });
        return body;
      },
    });
    const { unit, userErrors } = await mutate(create, "unit { id }");
    expect(unit).toEqual({ id: "Unit:55" });
    expect(userErrors).toMatchObject([{ code: "ALREADY_EXISTS" }]);
  });

  test("a contract made in between does not conflict with itself", async () => {
    const { mutate, data, simulator } = await start();
    simulator.faults.add({
      kind: "reset",
      when({ method }) {
        if (method === "POST") data.tenantContracts.insert({ ...lease, id: 905 });
        return false;
      },
    });
    const { tenantContract, userErrors } = await mutate(
      `createTenantContract(input: ${leaseInput("t-9")})`,
      "tenantContract { id }",
    );
    expect(tenantContract).toEqual({ id: "TenantContract:905" });
    expect(userErrors).toMatchObject([{ code: "ALREADY_EXISTS" }]);
  });

  describe("a building whose project Alma does not show", () => {
    const project = 999;
    const towers = (...buildings: object[]) => ({ data: { ...household, buildings } });

    test("is found by its name", async () => {
      const { mutate, sent } = await start(towers({ id: 1001, name: "Marina Tower", project }));
      const { building, userErrors } = await mutate(
        'createBuilding(input: { name: "Marina Tower" })',
        "building { id }",
      );
      expect(building).toEqual({ id: "Building:1001" });
      expect(userErrors).toMatchObject([{ code: "ALREADY_EXISTS", field: ["input", "name"] }]);
      expect(sent()).toEqual([]);
    });

    test("ranks after a building of the same name that is known to be in the project", async () => {
      const { mutate } = await start(
        towers(
          { id: 1003, name: "Marina Tower", project },
          { id: 1002, name: "Marina Tower", project: 207 },
          { id: 1001, name: "Marina Tower", project },
        ),
      );
      const { building } = await mutate('createBuilding(input: { name: "Marina Tower" })', "building { id }");
      expect(building).toEqual({ id: "Building:1002" });
    });

    test("with another Bitrix id is not the result of a create of unknown outcome", async () => {
      const { mutate, simulator } = await start(
        towers({ id: 1001, name: "Marina Tower", project, external_id: "b-1" }),
      );
      simulator.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "POST" });
      const { building, userErrors } = await mutate(
        'createBuilding(input: { name: "Marina Tower", externalId: "b-9" })',
        "building { id }",
      );
      expect([building, userErrors]).toMatchObject([null, [{ code: "OUTCOME_UNKNOWN" }]]);
    });
  });
});

/** The selection of the record that `leaseInput` makes. */
const lease = { external_id: "t-9", unit_id: 11, client_id: 252, start_date: day(-10), end_date: day(300) };

describe("an idempotency key", () => {
  const block = (key: string, ref = "{ almaId: 11 }") => `blockRoom(ref: ${ref}, idempotencyKey: "${key}")`;

  test("gives the same request the same answer, without a second write", async () => {
    const { mutate, sent } = await start();
    const first = await mutate(block("k-1"), "room { id } note impact { irreversible }");
    const second = await mutate(block("k-1"), "room { id } note impact { irreversible }");
    expect(second).toEqual(first);
    expect(sent()).toHaveLength(1);
  });

  test("is refused for another input, and for another mutation", async () => {
    const { refusals, sent } = await start();
    expect(await refusals(block("k-1"))).toEqual([]);
    expect(await refusals(block("k-1", "{ almaId: 12 }"))).toEqual([["INVALID", "idempotencyKey"]]);
    expect(await refusals('unblockRoom(ref: { almaId: 11 }, idempotencyKey: "k-1")')).toEqual([
      ["INVALID", "idempotencyKey"],
    ]);
    expect(await refusals(block("k-2", "{ almaId: 12 }"))).toEqual([]);
    expect(sent()).toHaveLength(2);
  });

  test("makes a simultaneous repetition wait for the first request", async () => {
    const { mutate, sent } = await start({ latency: 20 });
    const update =
      'updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } }, idempotencyKey: "k-1")';
    const answers = await Promise.all([1, 2, 3].map(() => mutate(update, "unit { photos { url } }")));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(sent()).toHaveLength(1);
  });

  test("does not depend on the order of the input's fields", async () => {
    const { query, sent } = await start();
    const mutation = `mutation ($input: CreateClientInput!) {
      createClient(input: $input, idempotencyKey: "k-1") { client { id } userErrors { code } }
    }`;
    const input = { externalId: "c-9", firstName: "Lea", lastName: "Bauer", email: "lea@example.com" };
    const backwards = Object.fromEntries(Object.entries(input).reverse());
    const first = await query(mutation, { input });
    const second = await query(mutation, { input: backwards });
    expect(second.data).toEqual(first.data);
    expect(first.data.createClient.userErrors).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  test("can be used again after a request that wrote nothing", async () => {
    const { refusals, simulator } = await start();
    expect(await refusals(block("k-1", "{ almaId: 404 }"))).toEqual([["NOT_FOUND", "ref"]]);
    simulator.faults.add({ kind: "status", status: 401, times: 1, when: ({ method }) => method === "PATCH" });
    await expect(refusals(block("k-1"))).rejects.toThrow("ALMA_REFUSED_KEY");
    expect(await refusals(block("k-1"))).toEqual([]);
  });

  test("is not used up by a dry run", async () => {
    const { refusals, sent } = await start();
    expect(await refusals('blockRoom(ref: { almaId: 11 }, dryRun: true, idempotencyKey: "k-1")')).toEqual([]);
    expect(await refusals(block("k-1"))).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  test("prevents a second write of photos after an unknown outcome", async () => {
    const { refusals, sent, simulator } = await start();
    simulator.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "PATCH" });
    const update =
      'updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } }, idempotencyKey: "k-1")';
    expect(await refusals(update)).toEqual([["OUTCOME_UNKNOWN", null]]);
    await expect(refusals(update)).rejects.toThrow("WRITE_UNSETTLED");
    advance(SETTLING_TIME);
    expect(await refusals(update)).toEqual([["OUTCOME_UNKNOWN", null]]);
    expect(sent()).toHaveLength(1);
  });

  test("allows a create again after an unknown outcome, since it checks for the record first", async () => {
    const { refusals, simulator } = await start();
    simulator.faults.add({ kind: "reset", times: 1, when: ({ method }) => method === "POST" });
    const keyed = `createUnit(input: ${unitInput}, idempotencyKey: "k-1")`;
    expect(await refusals(keyed)).toEqual([["OUTCOME_UNKNOWN", null]]);
    expect(await refusals(keyed)).toEqual([]);
  });

  test("belongs to its caller", async () => {
    const callers = [createApiKey("a", ["read", "write"], null), createApiKey("b", ["read", "write"], null)];
    const { address, sent } = await start(
      {},
      { API_KEYS: JSON.stringify(callers.map(({ record }) => record)) },
    );
    for (const { key } of callers) {
      const response = await fetch(`${address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key },
        body: JSON.stringify({
          query:
            'mutation { unblockRoom(ref: { almaId: 11 }, idempotencyKey: "k-1") { userErrors { code } } }',
        }),
      });
      expect(await response.json()).toMatchObject({ data: { unblockRoom: { userErrors: [] } } });
    }
    expect(sent()).toHaveLength(2);
  });
});

describe("several writes in one request", () => {
  test("run in order, each with its own payload; a failed one does not stop the next", async () => {
    const { query, simulator, data } = await start();
    simulator.faults.add({
      kind: "status",
      status: 401,
      times: 1,
      when: ({ path }) => path.endsWith("/block/"),
    });
    const answer = await query(`mutation {
      a: createUnit(input: ${unitInput}) { unit { externalId } userErrors { code } }
      b: createUnit(input: ${unitInput}) { unit { externalId } userErrors { code } }
      c: blockUnit(ref: { externalId: "u-9" }) { unit { id } userErrors { code } }
      d: updateUnit(ref: { externalId: "u-9" }, input: { address: "one" }) { unit { address } userErrors { code } }
      e: updateUnit(ref: { externalId: "u-9" }, input: { internalArea: -1 }) { unit { address } userErrors { code } }
      f: updateUnit(ref: { externalId: "u-9" }, input: { address: "two" }) { unit { address } userErrors { code } }
      g: archiveUnit(ref: { externalId: "u-9" }) { unit { isArchived address } userErrors { code } }
    }`);
    expect(answer.data).toEqual({
      a: { unit: { externalId: "u-9" }, userErrors: [] },
      b: { unit: { externalId: "u-9" }, userErrors: [{ code: "ALREADY_EXISTS" }] },
      c: null,
      d: { unit: { address: "one" }, userErrors: [] },
      e: { unit: { address: "one" }, userErrors: [{ code: "INVALID" }] },
      f: { unit: { address: "two" }, userErrors: [] },
      g: { unit: { isArchived: true, address: "two" }, userErrors: [] },
    });
    expect(answer.errors).toMatchObject([{ path: ["c"], extensions: { code: "ALMA_REFUSED_KEY" } }]);
    expect(data.units.by("external_id", "u-9")).toMatchObject([{ address: "two", is_archived: true }]);
  });

  test("keep their payloads if later reads exceed the call budget", async () => {
    const { query, data } = await start({ data: household }, { MAX_CALLS: "6" });
    for (let id = 100; id < 120; id++)
      data.units.insert({ id, name: `x${id}`, building: 1001, external_id: `x-${id}` });
    const answer = await query(`mutation {
      a: updateUnit(ref: { almaId: 1 }, input: { address: "one" }) { unit { building { units { nodes { address } } } } userErrors { code } }
      b: updateUnit(ref: { almaId: 2 }, input: { address: "two" }) { unit { id } userErrors { code } }
    }`);
    expect(answer.data).toMatchObject({
      a: { userErrors: [] },
      b: { unit: { id: "Unit:2" }, userErrors: [] },
    });
    expect(answer.errors).toMatchObject([{ extensions: { code: "CALL_BUDGET_EXCEEDED" } }]);
    expect(data.units.get(2)?.address).toBe("two");
  });
});
