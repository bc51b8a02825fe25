import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { keys } from "../../server/access/scoped-graph.ts";
import { apartment, contact, type Item, ownerContract, tenantContract, unit } from "../item/items.ts";
import { type ItemResult, type Payload, start, syncMutation } from "./gateway.ts";

const LOCK = "ufCrm6_1715777670";
const KEYBOX = "ufCrm6_1720794204";
const WIFI = "ufCrm6_1686728251990";
const LOGIN = "ufCrm6_1682235809295";
const blind = `mutation ($items: [BitrixItemInput!]!) {
  syncBitrix(items: $items) { items { action changes { field hidden } userErrors { code } } userErrors { code } }
}`;

const integrator = createApiKey("integrator", ["read", "write"], null);
const office = createApiKey("office", ["read", "personal", "write"], null);
const doors = createApiKey("doors", ["read", "secrets", "write"], null);

async function guarded(env: Record<string, string> = {}) {
  const records = [...Object.values(keys), integrator, office, doors].map(({ record }) => record);
  const gateway = await start({}, { API_KEYS: JSON.stringify(records), LOG_LEVEL: "info", ...env });
  const ask = (document: string, variables: Record<string, unknown>, key: string) =>
    gateway.query(document, variables, { "x-api-key": key });
  return {
    ...gateway,
    ask,
    async as(key: string, items: readonly Item[], dryRun = false): Promise<Payload> {
      const { data, errors } = await ask(syncMutation, { items, dryRun }, key);
      expect(errors).toBeUndefined();
      return data.syncBitrix;
    },
    /** The scopes listed by a refusal of the whole operation, and its message. Alma received no request. */
    async refused(document: string, variables: Record<string, unknown>, key: string) {
      gateway.asked();
      const { data, errors } = await ask(document, variables, key);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
      expect(gateway.asked()).toEqual([]);
      const [error] = errors as unknown as [{ message: string; extensions: { missing: string[] } }];
      return { missing: error.extensions.missing.toSorted(), message: error.message };
    },
  };
}

/** An item without the named fields. */
const without = ({ kind, item }: Item, ...names: readonly string[]): Item => ({
  kind,
  item: Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name))),
});
const plainApartment = (id: number, fields = {}) => without(apartment(id, fields), LOCK, KEYBOX, WIFI, LOGIN);
const plainContact = (id: number, fields = {}) =>
  without(contact(id, fields), "UF_Email_for_Alma", "PHONE", "BIRTHDATE");

const changed = (result: ItemResult | undefined, field: string) =>
  result?.changes.find((change) => change.field === field);
const secret = { [LOCK]: "LOCK-918", [KEYBOX]: "KEYBOX-77", [WIFI]: "PALM-TREE-5" };
const flow = [apartment(12, secret), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
const confidential = /LOCK-9|KEYBOX-77|PALM-TREE-5|contact-31@|contact-32@|\+97150|1990-05-17/;

describe("a sync reads the fields it compares, and so needs", () => {
  test.each<[keyof typeof keys, string[]]>([
    ["none", ["PERSONAL", "READ", "SECRETS", "WRITE"]],
    ["read", ["PERSONAL", "SECRETS", "WRITE"]],
    ["personal", ["SECRETS", "WRITE"]],
    ["secrets", ["PERSONAL", "WRITE"]],
    ["write", ["PERSONAL", "READ", "SECRETS"]],
  ])("of a key with %s also %j, in one error", async (name, scopes) => {
    const { refused } = await guarded();
    for (const document of [blind, syncMutation, blind.replace("$items)", "$items, dryRun: true)")])
      expect((await refused(document, { items: flow }, keys[name].key)).missing).toEqual(scopes);
  });

  test("only READ and WRITE for items that set no guarded field", async () => {
    const { as, refused } = await guarded();
    const items = [plainApartment(12), unit(71, 12)];
    const { missing } = await refused(blind, { items }, keys.write.key);
    expect(missing).toEqual(["READ"]);
    expect((await refused(blind, { items: [] }, keys.write.key)).missing).toEqual(["READ"]);
    const done = await as(integrator.key, items);
    expect(done.items.map(({ action }) => action)).toEqual(["CREATED", "CREATED"]);
  });

  test.each<[string, Item, string, RegExp]>([
    ["a door code", plainApartment(12), "SECRETS", /secrets \(for Unit\.keyboxCode/],
    ["a phone number", plainContact(31), "PERSONAL", /personal \(for Client\.phone/],
  ])("the scope of %s, set or cleared, in a real run and in a dry one", async (_, item, scope, words) => {
    const { refused, as } = await guarded();
    const field = scope === "SECRETS" ? KEYBOX : "PHONE";
    for (const value of ["0417", ""]) {
      const items = [{ ...item, item: { ...item.item, [field]: value } }];
      for (const dryRun of [true, false]) {
        const { missing, message } = await refused(syncMutation, { items, dryRun }, integrator.key);
        expect(missing).toEqual([scope]);
        expect(message).toMatch(words);
        expect(message).toContain(field);
        expect(message).not.toContain("0417");
      }
      await as(scope === "SECRETS" ? doors.key : office.key, items, true);
    }
  });

  test("the scope of a field that the mapping always sets", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "mapping-")), "portal.json");
    const room = { keyboxCode: { always: "0000" } };
    const records = { unit: { records: { room } } };
    writeFileSync(path, JSON.stringify({ extends: "dubai", name: "portal", items: records }));
    const { refused } = await guarded({ BITRIX_MAPPING: path });
    const { missing, message } = await refused(blind, { items: [unit(71, 12)] }, integrator.key);
    expect(missing).toEqual(["SECRETS"]);
    expect(message).toContain("Room.keyboxCode");
  });

  test("the scope of a scan, and of a client's data that a contract implies", async () => {
    const { refused } = await guarded();
    const scan = { ufCrm20Contract: { urlMachine: "https://portal.example/1.pdf" } };
    const items = [tenantContract(501, 71, 31, { ...scan, Phone_work_0: "+971" })];
    const { missing, message } = await refused(blind, { items }, integrator.key);
    expect(missing).toEqual(["PERSONAL"]);
    expect(message).toContain("TenantContract.contractScan");
    expect(message).toContain("Client.phone");
    const owner = ownerContract(601, 12, 31, {
      ufCrm10_1694000435068: { urlMachine: "https://p.example/1" },
    });
    const other = await refused(blind, { items: [owner] }, integrator.key);
    expect(other.message).toContain("Client.passportScan");
  });

  const syncOf = (items: string) => `syncBitrix(items: ${items}) { items { action } }`;
  const literal = `[{ kind: APARTMENT, item: { id: 12, ${KEYBOX}: "0417" } }]`;
  const list = "[BitrixItemInput!]!";

  test.each<[string, string]>([
    [
      "an alias",
      `mutation ($plain: ${list}, $coded: ${list}) { a: ${syncOf("$plain")} b: ${syncOf("$coded")} }`,
    ],
    [
      "a fragment",
      `mutation ($coded: ${list}) { ...F } fragment F on Mutation { ... { ${syncOf("$coded")} } }`,
    ],
    [
      "a part that is not skipped",
      `mutation ($coded: ${list}) { ... @skip(if: false) { ${syncOf("$coded")} } }`,
    ],
    ["a literal", `mutation { ${syncOf(literal)} }`],
    [
      "a literal around a variable",
      `mutation ($item: JSON!) { ${syncOf("[{ kind: APARTMENT, item: $item }]")} }`,
    ],
    ["one item in place of a list", `mutation ($one: ${list}) { ${syncOf("$one")} }`],
    ["a default value", `mutation ($given: ${list} = ${literal}) { ${syncOf("$given")} }`],
    ["another operation's document", `query Q { __typename } mutation M { ${syncOf(literal)} }`],
  ])("the scopes of items in %s, before any part is done", async (_, document) => {
    const { data, address, asked } = await guarded();
    const coded = apartment(12, secret);
    const variables = { plain: [plainApartment(20)], coded: [coded], one: coded, item: coded.item };
    const operationName = document.includes("mutation M") ? "M" : undefined;
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": integrator.key },
      body: JSON.stringify({ query: document, variables, operationName }),
    });
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "FORBIDDEN", missing: ["SECRETS"] } }],
    });
    expect(data.units.all()).toEqual([]);
    expect(asked()).toEqual([]);
  });

  test("no scope of a skipped part, which changes nothing", async () => {
    const { data, address, asked } = await guarded();
    const query = `mutation ($coded: ${list}) { ... @skip(if: true) { ${syncOf("$coded")} } }`;
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": integrator.key },
      body: JSON.stringify({ query, variables: { coded: [apartment(12, secret)] } }),
    });
    expect(await response.json()).toMatchObject({ data: {} });
    expect(data.units.all()).toEqual([]);
    expect(asked()).toEqual([]);
  });

  test("no scope on an open gateway", async () => {
    const { sync } = await start();
    const { items } = await sync(flow);
    expect(items.map(({ action }) => action)).toEqual(Array(4).fill("CREATED"));
  });

  test("nothing for items that are too many, which are refused as such", async () => {
    const { ask } = await guarded({ BITRIX_MAX_ITEMS: "1" });
    const { data } = await ask(blind, { items: [apartment(12, secret), apartment(13)] }, integrator.key);
    expect(data.syncBitrix).toMatchObject({ items: [], userErrors: [{ code: "INVALID" }] });
  });
});

test("changes show personal data, and never secrets", async () => {
  const { as } = await guarded();
  const seen = await as(keys.all.key, flow);
  const email = { before: null, after: "contact-31@example.com", hidden: false };
  expect(changed(seen.items[2], "email")).toEqual({ field: "email", ...email });
  for (const field of ["electronicLockPassword", "keyboxCode", "internetPassword"])
    expect(changed(seen.items[0], field)).toEqual({ field, before: null, after: null, hidden: true });
  expect(changed(seen.items[0], "address")).toMatchObject({ after: "Marina Walk 7", hidden: false });

  const newer = [apartment(12, { ...secret, [LOCK]: "LOCK-919", ufCrm6_1718821717: "Marina Walk 8" })];
  expect((await as(doors.key, newer, true)).items[0]?.changes).toEqual([
    { field: "address", before: "Marina Walk 7", after: "Marina Walk 8", hidden: false },
    { field: "electronicLockPassword", before: null, after: null, hidden: true },
  ]);
  const moved = [contact(31, { UF_Email_for_Alma: "contact-32@example.com", NAME: "Muna" })];
  expect(changed((await as(office.key, moved, true)).items[0], "email")).toMatchObject({
    before: "contact-31@example.com",
    after: "contact-32@example.com",
  });
});

describe("the log", () => {
  test("has a line for each written record, with the caller", async () => {
    const { as, lines, data } = await guarded();
    const { key, record } = keys.all;
    const caller = { caller: record.prefix, name: record.name, mutation: "syncBitrix" };
    await as(key, flow, true);
    await as(key, flow);
    const id = (table: "buildings" | "units" | "rooms" | "clients" | "tenantContracts") =>
      data[table].all()[0]?.id;
    expect(lines("write")).toMatchObject([
      { ...caller, dryRun: true, outcome: "done" },
      { ...caller, record: `Building:${id("buildings")}`, outcome: "done" },
      { ...caller, record: `Unit:${id("units")}`, outcome: "done" },
      { ...caller, record: `Room:${id("rooms")}`, outcome: "done" },
      { ...caller, record: `Client:${id("clients")}`, outcome: "done" },
      { ...caller, record: `TenantContract:${id("tenantContracts")}`, outcome: "done" },
    ]);
    const count = lines("write").length;
    await as(key, [...flow, contact(32, { UF_Email_for_Alma: "contact-31@example.com" })]);
    expect(lines("write").slice(count)).toMatchObject([
      { ...caller, record: "Client 32", outcome: "refused", codes: ["NOT_UNIQUE"] },
    ]);
  });

  test("has a line for each record whose secrets were compared, once for all aliases", async () => {
    const { as, ask, lines, data } = await guarded();
    await as(keys.all.key, [apartment(12, secret), apartment(13), plainApartment(14), contact(31)]);
    expect(lines("secrets read")).toEqual([]);
    const key = (id: number) => `Unit:${data.units.by("external_id", `${id}`)[0]?.id}`;
    const aliases = `mutation ($a: [BitrixItemInput!]!, $b: [BitrixItemInput!]!) {
      a: syncBitrix(items: $a, dryRun: true) { items { action } }
      b: syncBitrix(items: $b, dryRun: true) { items { action } }
      c: syncBitrix(items: $b) { items { action } }
    }`;
    const guess = (id: number, fields: Record<string, string>): Item => ({
      kind: "APARTMENT",
      item: { ...plainApartment(id).item, ...fields },
    });
    const a = [
      guess(12, { [KEYBOX]: "0417" }),
      plainApartment(14),
      contact(31),
      guess(99, { [KEYBOX]: "1" }),
    ];
    const b = [guess(12, { [LOCK]: "LOCK-918" }), guess(13, { [LOCK]: "" })];
    const { errors } = await ask(aliases, { a, b }, keys.all.key);
    expect(errors).toBeUndefined();
    const caller = { caller: keys.all.record.prefix, name: keys.all.record.name };
    expect(lines("secrets read")).toMatchObject([
      { ...caller, record: key(12), fields: ["keyboxCode", "electronicLockPassword"] },
      { ...caller, record: key(13), fields: ["electronicLockPassword"] },
    ]);
    expect(JSON.stringify(lines("secrets read"))).not.toMatch(/0417|LOCK-/);
  });

  test("has no personal data and no codes, even at level debug", async () => {
    const { as, ask, lines, simulator } = await guarded({ LOG_LEVEL: "debug" });
    await as(keys.all.key, flow);
    simulator.faults.add({ kind: "status", status: 500, when: ({ method }) => method === "PATCH", times: 1 });
    await as(keys.all.key, [apartment(12, { [LOCK]: "LOCK-9", [KEYBOX]: "" }), contact(31, { PHONE: [] })]);
    await as(keys.all.key, [
      contact(32, { UF_Email_for_Alma: "contact-31@example.com", BIRTHDATE: "1990-05-17" }),
    ]);
    const items = [contact(33, { BIRTHDATE: "1990-05-17-x" })];
    await ask(syncMutation, { items }, keys.read.key);
    expect(lines().length).toBeGreaterThan(10);
    expect(
      lines()
        .map((line) => JSON.stringify(line))
        .filter((line) => confidential.test(line)),
    ).toEqual([]);
  });
});

describe("the secrets of more than MAX_COMPARED records", () => {
  const aliases = `mutation ($a: [BitrixItemInput!]!, $b: [BitrixItemInput!]!) {
    a: syncBitrix(items: $a, dryRun: true) { items { action } }
    b: syncBitrix(items: $b, dryRun: true) { items { action } }
  }`;

  test.each(["guarded", "open"])(
    "are not compared in one operation of a gateway that is %s",
    async (mode) => {
      const env = { MAX_COMPARED: "2" };
      const gateway = mode === "open" ? await start({}, env) : await guarded(env);
      const query = (a: readonly Item[], b: readonly Item[]) =>
        gateway.query(aliases, { a, b }, mode === "open" ? {} : { "x-api-key": keys.all.key });
      const { data, errors } = await query([apartment(1), apartment(2)], [apartment(3)]);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "MAX_COMPARED" } }]);
      expect(gateway.asked()).toEqual([]);
      // Repeated items count once, and an item without secrets does not count.
      expect((await query([apartment(1), apartment(2)], [apartment(2)])).errors).toBeUndefined();
      expect((await query([apartment(1), apartment(2)], [unit(3, 1), contact(4)])).errors).toBeUndefined();
    },
  );
});
