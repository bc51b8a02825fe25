import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { apartment, contact, type Item, SHARED, tenantContract, unit, WHOLE } from "./item/items.ts";
import { type Payload, start as startGateway } from "./sync/gateway.ts";

/** A gateway with functions that post to /bitrix/sync. */
async function start(env: Record<string, string> = {}) {
  const gateway = await startGateway({}, env);
  const post = async (body: string, type: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${gateway.address}/bitrix/sync`, {
      method: "POST",
      headers: { "content-type": type, ...headers },
      body,
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
    return { status: answer.status, body: (await answer.json()) as any };
  };
  return {
    ...gateway,
    json: (value: unknown, headers?: Record<string, string>) =>
      post(JSON.stringify(value), "application/json", headers),
    form: (fields: Record<string, string>, headers?: Record<string, string>) =>
      post(new URLSearchParams(fields).toString(), "application/x-www-form-urlencoded", headers),
  };
}

const five: readonly Item[] = [
  tenantContract(500, 200, 5),
  contact(5),
  unit(200, 20),
  apartment(20),
  apartment(21, { ufCrm6_1736951470242: WHOLE }),
];

test("items are synced as by the mutation", async () => {
  const { json, sync, sent } = await start();
  const first = await json({ items: five });
  expect(first.status).toBe(200);
  expect(first.body.failed).toBe(0);
  expect(first.body.items.map(({ action }: { action: string }) => action)).toEqual(Array(5).fill("CREATED"));
  expect(first.body.items[2].record).toEqual({
    type: "Room",
    id: expect.stringMatching(/^Room:/),
    almaId: expect.any(Number),
    externalId: "200",
  });
  expect(sent().length).toBeGreaterThan(5);

  const again = await json(five);
  expect(sent()).toEqual([]);
  const { items, buildings, userErrors }: Payload = await sync(five);
  const plain = again.body.items.map(({ record, ...rest }: { record: { id: string } }) => ({
    ...rest,
    record: { id: record.id },
  }));
  expect({ ...again.body, items: plain }).toEqual({ failed: 0, items, buildings, userErrors });
});

test("a dry run writes nothing, and failed items are reported with the others", async () => {
  const { json, sent } = await start();
  const dry = await json({ items: five, dryRun: "true" });
  expect(dry.body.items[3]).toMatchObject({ action: "CREATED", record: null });
  expect(sent()).toEqual([]);
  const { status, body } = await json([apartment(20, { apartment_type: 4711 }), contact(5), unit(200, 20)]);
  expect(status).toBe(200);
  expect(body.failed).toBeGreaterThanOrEqual(2);
  expect(body.items[0]).toMatchObject({ action: "FAILED", userErrors: [{ code: "UNKNOWN_OPTION" }] });
  expect(body.items[1]).toMatchObject({ action: "CREATED" });
  expect(body.items[2].action).toBe("FAILED");
});

test("more items than BITRIX_MAX_ITEMS are 400, and nothing is written", async () => {
  const { json, sent } = await start({ BITRIX_MAX_ITEMS: "4" });
  const { status, body } = await json(five);
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    {
      message: expect.stringContaining("send 4 at most"),
      extensions: { code: "INVALID", field: ["items"] },
    },
  ]);
  expect(sent()).toEqual([]);
});

test.each([501, 1_500, 20_000])(
  "%i items in GraphQL are refused, with the number that is allowed",
  async (count) => {
    const { query, sent } = await startGateway();
    const items = Array(count).fill({ kind: "CONTACT", item: {} });
    const sync =
      "mutation ($items: [BitrixItemInput!]!) { syncBitrix(items: $items) { userErrors { message } } }";
    const meaning = "query ($items: [BitrixItemInput!]!) { mapBitrix(items: $items) { itemId } }";
    const message = `${count} items are too many for one request; send 500 at most.`;
    expect((await query(sync, { items })).data).toEqual({ syncBitrix: { userErrors: [{ message }] } });
    expect((await query(meaning, { items })).errors?.[0]?.message).toContain(message);
    expect(sent()).toEqual([]);
  },
);

test("BITRIX_MAX_ITEMS may be larger than MAX_TOKENS", async () => {
  const { json } = await start({ BITRIX_MAX_ITEMS: "2000", MAX_TOKENS: "1000" });
  const { status, body } = await json(Array(1_500).fill({ kind: "CONTACT", item: { ID: 5 } }));
  expect(status).toBe(200);
  expect(body.items).toHaveLength(1_500);
});

test("an item of an unknown kind fails alone, and the others keep their places", async () => {
  const { json, data } = await start();
  const [lease, person, place, home] = five as [Item, Item, Item, Item];
  const broken = contact(6, { NAME: "" });
  const { status, body } = await json([
    { kind: "DEAL", item: { ID: 1 } },
    broken,
    home,
    place,
    person,
    lease,
  ]);
  expect(status).toBe(200);
  expect(body.failed).toBe(2);
  expect(body.items.map(({ action }: { action: string }) => action)).toEqual([
    ...Array(2).fill("FAILED"),
    ...Array(4).fill("CREATED"),
  ]);
  expect(body.items[0].userErrors[0].message).toMatch(/^items\[0\]\.kind is "DEAL", which is not a kind/);
  expect(body.items[1].userErrors[0].field).toEqual(["items", "1", "item", "NAME"]);
  expect(data.tenantContracts.all()).toHaveLength(1);
});

test("a webhook that names an item gets instructions", async () => {
  const { form, sent } = await start();
  const named = { event: "ONCRMCONTACTUPDATE", "data[FIELDS][ID]": "5", "auth[application_token]": "t" };
  for (const fields of [named, { "document_id[2]": "DYNAMIC_144_20" }])
    expect(await form(fields as Record<string, string>)).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { code: "REQUIRED" } }] },
    });
  expect(sent()).toEqual([]);
});

test("each written record has an audit line, and no other record has", async () => {
  const writer = createApiKey("bitrix", ["read", "secrets", "write"], null);
  const { json, lines } = await start({ API_KEYS: JSON.stringify([writer.record]) });
  const headers = { "x-api-key": writer.key };
  const { body } = await json([apartment(20, { ufCrm6_1736951470242: SHARED }), unit(200, 20)], headers);
  expect(body.items).toMatchObject([{ action: "CREATED" }, { action: "CREATED" }]);
  const records = lines("write").map(({ record, ...line }) => {
    expect(line).toMatchObject({ mutation: "syncBitrix", name: "bitrix", outcome: "done" });
    return String(record).replace(/\d+$/, "");
  });
  expect(records.sort()).toEqual(["Building:", "Room:", "Unit:"]);
  await json([apartment(20), unit(200, 20)], headers);
  expect(lines("write")).toHaveLength(3);
});

test("items that set guarded fields need their scopes, checked before any call", async () => {
  const writer = createApiKey("bitrix", ["read", "write"], null);
  const blind = createApiKey("blind", ["write"], null);
  const { json, asked } = await start({ API_KEYS: JSON.stringify([writer.record, blind.record]) });
  const headers = { "x-api-key": writer.key };
  asked();
  for (const [{ status, body }, missing] of [
    [await json([apartment(20), contact(5)], headers), ["PERSONAL", "SECRETS"]],
    [await json({ items: five, dryRun: true }, headers), ["PERSONAL", "SECRETS"]],
    // The common checks of every sync run before its body is read.
    [await json([apartment(20), contact(5)], { "x-api-key": blind.key }), ["READ"]],
  ] as const) {
    expect(status).toBe(403);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(body.errors[0].extensions.missing.toSorted()).toEqual(missing);
  }
  expect(asked()).toEqual([]);
});

test("the results of writes are sent in full, whatever MAX_RESPONSE is", async () => {
  const { json } = await start({ MAX_RESPONSE: "1000" });
  const { status, body } = await json(five.map(({ kind, item }) => ({ kind, item })));
  expect(status).toBe(200);
  expect(JSON.stringify(body).length).toBeGreaterThan(1000);
  expect(body).toMatchObject({ failed: 0, items: Array.from(five, () => ({ action: "CREATED" })) });
});
