import { describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { keys } from "../../server/access/scoped-graph.ts";
import { apartment, contact, type Item, tenantContract, unit } from "../item/items.ts";
import { type ItemResult, type Payload, start } from "./gateway.ts";

const LOCK = "ufCrm6_1715777670";
const KEYBOX = "ufCrm6_1720794204";
const WIFI = "ufCrm6_1686728251990";
const mutation = `mutation ($items: [BitrixItemInput!]!, $dryRun: Boolean! = false) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items { kind itemId action record { id } changes { field before after hidden } userErrors { code field message } }
    buildings { name action building { id } userErrors { code field message } }
    userErrors { code field message }
  }
}`;
const blind = `mutation ($items: [BitrixItemInput!]!) {
  syncBitrix(items: $items) { items { action changes { field hidden } userErrors { code } } userErrors { code } }
}`;

const writer = createApiKey("integrator", ["read", "write"], null);
const seer = createApiKey("office", ["read", "personal", "write"], null);

async function guarded(env: Record<string, string> = {}) {
  const records = [...Object.values(keys), writer, seer].map(({ record }) => record);
  const gateway = await start({}, { API_KEYS: JSON.stringify(records), LOG_LEVEL: "info", ...env });
  const ask = (document: string, items: readonly Item[], key: string, dryRun = false) =>
    gateway.query(document, { items, dryRun }, { "x-api-key": key });
  return {
    ...gateway,
    ask,
    async as(key: string, items: readonly Item[], dryRun = false): Promise<Payload> {
      const { data, errors } = await ask(mutation, items, key, dryRun);
      expect(errors).toBeUndefined();
      return data.syncBitrix;
    },
  };
}

const changed = (result: ItemResult | undefined, field: string) =>
  result?.changes.find((change) => change.field === field);
const secret = { [LOCK]: "LOCK-918", [KEYBOX]: "KEYBOX-77", [WIFI]: "PALM-TREE-5" };
const flow = [apartment(12, secret), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
const confidential = /LOCK-9|KEYBOX-77|PALM-TREE-5|contact-31@|contact-32@|\+97150|1990-05-17/;

describe("the scopes of a sync", () => {
  test.each(["read", "personal", "secrets", "none"] as const)(
    "a key with %s alone is refused",
    async (name) => {
      const { ask, asked } = await guarded();
      const { data, errors } = await ask(blind, flow, keys[name].key);
      expect(data?.syncBitrix ?? null).toBeNull();
      expect(errors?.map(({ extensions }) => extensions.code)).toContain("FORBIDDEN");
      expect(asked()).toEqual([]);
    },
  );

  test("write alone syncs items, and shows neither records nor values", async () => {
    const { ask } = await guarded();
    const done = await ask(blind, flow, keys.write.key);
    expect(done.errors).toBeUndefined();
    expect(done.data.syncBitrix.items.map(({ action }: ItemResult) => action)).toEqual(
      Array(4).fill("CREATED"),
    );
    const refused = await ask(mutation, flow, keys.write.key);
    expect(refused.errors?.map(({ extensions }) => extensions.code)).toContain("FORBIDDEN");
  });

  test("personal data is shown with PERSONAL only, secrets never", async () => {
    const { as } = await guarded();
    const seen = await as(keys.all.key, flow);
    expect(changed(seen.items[2], "email")).toEqual({
      field: "email",
      before: null,
      after: "contact-31@example.com",
      hidden: false,
    });
    for (const field of ["electronicLockPassword", "keyboxCode", "internetPassword"])
      expect(changed(seen.items[0], field)).toEqual({ field, before: null, after: null, hidden: true });
    expect(changed(seen.items[0], "address")).toMatchObject({ after: "Marina Walk 7", hidden: false });

    const newer = [
      apartment(12, { ...secret, [LOCK]: "LOCK-919", ufCrm6_1718821717: "Marina Walk 8" }),
      contact(31, { UF_Email_for_Alma: "contact-32@example.com", NAME: "Muna" }),
    ];
    const hidden = { before: null, after: null, hidden: true };
    const unseen = await as(writer.key, newer, true);
    expect(unseen.items[0]?.changes).toEqual([
      { field: "address", before: "Marina Walk 7", after: "Marina Walk 8", hidden: false },
      { field: "electronicLockPassword", ...hidden },
    ]);
    expect(unseen.items[1]?.changes).toEqual([
      { field: "firstName", before: "Mona", after: "Muna", hidden: false },
      { field: "email", ...hidden },
    ]);
    expect(JSON.stringify(unseen)).not.toMatch(confidential);
    const personal = await as(seer.key, newer);
    expect(changed(personal.items[1], "email")).toMatchObject({
      before: "contact-31@example.com",
      after: "contact-32@example.com",
    });
  });
});

describe("the log", () => {
  test("has a line for each written record, with the caller", async () => {
    const { as, lines, data } = await guarded();
    const caller = { caller: writer.record.prefix, name: writer.record.name, mutation: "syncBitrix" };
    await as(writer.key, flow, true);
    await as(writer.key, flow);
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
    await as(writer.key, [...flow, contact(32, { UF_Email_for_Alma: "contact-31@example.com" })]);
    expect(lines("write").slice(count)).toMatchObject([
      { ...caller, record: "Client 32", outcome: "refused", codes: ["NOT_UNIQUE"] },
    ]);
  });

  test("has no personal data and no codes, even at level debug", async () => {
    const { as, ask, lines, simulator } = await guarded({ LOG_LEVEL: "debug" });
    await as(keys.all.key, flow);
    simulator.faults.add({ kind: "status", status: 500, when: ({ method }) => method === "PATCH", times: 1 });
    await as(keys.all.key, [apartment(12, { [LOCK]: "LOCK-9", [KEYBOX]: "" }), contact(31, { PHONE: [] })]);
    await as(keys.all.key, [
      contact(32, { UF_Email_for_Alma: "contact-31@example.com", BIRTHDATE: "1990-05-17" }),
    ]);
    await ask(mutation, [contact(33, { BIRTHDATE: "1990-05-17-x" })], keys.read.key);
    expect(lines().length).toBeGreaterThan(10);
    expect(
      lines()
        .map((line) => JSON.stringify(line))
        .filter((line) => confidential.test(line)),
    ).toEqual([]);
  });
});
