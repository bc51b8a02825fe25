import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StopSignal } from "../../../src/graph/index.ts";
import { keyEnv, keys } from "../../server/access/scoped-graph.ts";
import { allUpdated, formOf, open, start } from "./sync-server.ts";

const apartment = { kind: "APARTMENT", item: { id: 12, title: "12B", ufCrm6_1682232396330: "" } };

let shared: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  shared = await open();
});
afterAll(() => shared.close());

/** The shared server, with nothing recorded. */
function plain() {
  shared.clear();
  return shared;
}

describe("a sync", () => {
  test("passes the items to the mutation and responds with its payload", async () => {
    const { json, given } = plain();
    const { status, headers, body } = await json({ items: [apartment], dryRun: false });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        failed: 0,
        items: [
          {
            kind: "APARTMENT",
            itemId: "12",
            action: "UPDATED",
            record: { type: "Unit", id: "Unit:9199", almaId: 9199, externalId: "12" },
            changes: [{ field: "name", before: "12A", after: "12B", hidden: false }],
            userErrors: [],
            warnings: [],
          },
        ],
        buildings: [],
        userErrors: [],
      },
    });
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(given).toEqual([{ items: [apartment], dryRun: false }]);
  });

  test.each([
    ["a list", [apartment, apartment], 2],
    ["one item", apartment, 1],
    ["items without dryRun", { items: [apartment] }, 1],
    ["JSON in JSON", { kind: "apartment", item: JSON.stringify(apartment.item) }, 1],
  ])("accepts %s", async (_, body, count) => {
    const { json, given } = plain();
    expect((await json(body)).status).toBe(200);
    expect(given).toEqual([{ items: Array(count).fill(apartment), dryRun: false }]);
  });

  test.each(["ownerContract", "owner-contract", "OWNER_CONTRACT", "Owner contract", "ownercontract"])(
    "accepts the kind %s",
    async (kind) => {
      const { json, given } = plain();
      expect((await json({ kind, item: { id: 1 } })).status).toBe(200);
      expect(given[0]?.items[0]?.kind).toBe("OWNER_CONTRACT");
    },
  );

  test.each([
    [true, true],
    ["true", true],
    ["Y", true],
    [false, false],
    ["False", false],
    [null, false],
  ])("accepts dryRun %j as %j", async (dryRun, meant) => {
    const { json, given } = plain();
    expect((await json({ items: [apartment], dryRun })).status).toBe(200);
    expect(given[0]?.dryRun).toBe(meant);
  });

  test("with failures returns 200 and counts them, including those of buildings", async () => {
    const userErrors = [{ code: "UNKNOWN_OPTION", message: "No.", field: ["items", "0"] }];
    const outcome = { action: "FAILED", record: null, changes: [], userErrors, warnings: [] };
    const item = { kind: "UNIT", itemId: null, ...outcome };
    const building = { name: "Marina 1", action: "FAILED", building: null, userErrors: [] };
    const { json } = await start(() => ({ items: [item, item], buildings: [building], userErrors: [] }));
    const { status, body } = await json([apartment, apartment]);
    expect(status).toBe(200);
    expect(body).toEqual({ failed: 3, items: [item, item], buildings: [building], userErrors: [] });
  });

  test("that was refused as a whole is 400 with the reason", async () => {
    const userErrors = [
      { code: "INVALID", message: "501 items were sent; 500 are allowed.", field: ["items"] },
    ];
    const { json } = await start(() => ({ items: [], buildings: [], userErrors }));
    const { status, body } = await json([apartment]);
    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [{ message: userErrors[0]?.message, extensions: { code: "INVALID", field: ["items"] } }],
    });
  });

  test("of a record that cannot be read afterwards has that error beside its payload", async () => {
    const { json } = await start((given, signal) => {
      const { items, ...rest } = allUpdated(given, signal) as { items: object[] };
      const record = {
        __typename: "Unit",
        id: "Unit:1",
        almaId: 1,
        externalId: () => Promise.reject(new Error("x")),
      };
      return { ...rest, items: items.map((item) => ({ ...item, record })) };
    });
    const { status, body } = await json([apartment]);
    expect(status).toBe(200);
    expect(body.items[0].record).toMatchObject({ id: "Unit:1", externalId: null });
    expect(body.errors).toHaveLength(1);
  });

  test("is one operation in the log and the metrics, and one audit line for each record that it wrote", async () => {
    const { json, lines, metrics } = await start((given, signal) => ({
      ...(allUpdated(given, signal) as object),
      written: [
        { record: "Building:7", outcome: "done", codes: [] },
        { record: "Unit:9199", outcome: "unknown", codes: ["OUTCOME_UNKNOWN"] },
        { record: "externalId:13", outcome: "refused", codes: ["INVALID"] },
      ],
    }));
    await json([apartment], { "x-request-id": "sync-1" });
    expect(lines("operation")).toMatchObject([
      { requestId: "sync-1", operation: "SyncBitrix", kind: "mutation", outcome: "ok" },
    ]);
    const write = { requestId: "sync-1", mutation: "syncBitrix", msg: "write" };
    expect(lines("write")).toEqual([
      expect.objectContaining({ ...write, record: "Building:7", outcome: "done" }),
      expect.objectContaining({
        ...write,
        record: "Unit:9199",
        outcome: "unknown",
        codes: ["OUTCOME_UNKNOWN"],
      }),
      expect.objectContaining({ ...write, record: "externalId:13", outcome: "refused", codes: ["INVALID"] }),
    ]);
    const text = await metrics();
    expect(text).toContain('alma_gateway_writes_total{mutation="syncBitrix",outcome="done"} 1');
    expect(text).toContain('operations_total{operation="SyncBitrix",kind="mutation",outcome="ok"} 1');
    expect(text).toContain('http_responses_total{route="/bitrix/sync",status="200"} 1');
  });

  test("without a write has no audit line; one that was refused, or a dry run, has one", async () => {
    const empty = { items: [], buildings: [], written: [] };
    const refused = { ...empty, userErrors: [{ code: "INVALID", message: "No.", field: null }] };
    const answers = [{ ...empty, userErrors: [] }, refused, { ...empty, userErrors: [] }];
    const { json, lines } = await start(() => answers.shift());
    await json([apartment]);
    expect(lines("write")).toEqual([]);
    await json([apartment]);
    await json({ items: [apartment], dryRun: true });
    expect(lines("write")).toMatchObject([
      { outcome: "refused", codes: ["INVALID"] },
      { outcome: "done", dryRun: true },
    ]);
  });

  test("that fails has an audit line, and the status of the error", async () => {
    const { json, lines } = await start(() => Promise.reject(new Error("broken")));
    expect((await json([apartment])).status).toBe(500);
    expect(lines("write")).toMatchObject([{ outcome: "failed", codes: ["INTERNAL_SERVER_ERROR"] }]);
  });

  test("ends at its deadline", async () => {
    const late = (_: unknown, signal: StopSignal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { json } = await start(late, { DEADLINE: "0.3" });
    const { status, body } = await json([apartment]);
    expect(status).toBe(504);
    expect(body.errors[0].extensions.code).toBe("DEADLINE_EXCEEDED");
  });
});

describe("an item that cannot be read", () => {
  test.each<[string, unknown, string, RegExp]>([
    [
      "of an unknown kind",
      { kind: "deal", item: {} },
      "kind",
      /"deal", which is not a kind\. .*APARTMENT, UNIT/,
    ],
    ["without a kind", { item: {} }, "kind", /^items\[1\]\.kind is missing/],
    ["of a kind named as a prototype", { kind: "constructor", item: {} }, "kind", /which is not a kind/],
    ["without content", { kind: "UNIT" }, "item", /^items\[1\]\.item is missing\. Give what crm\.item\.get/],
    ["that is null", { kind: "UNIT", item: null }, "item", /item is null/],
    ["that is a text", { kind: "UNIT", item: "12" }, "item", /item is a number/],
    ["that is not JSON", { kind: "UNIT", item: "{" }, "item", /item is text, but not a JSON object/],
  ])("%s fails alone", async (_, item, at, message) => {
    const { json, given } = plain();
    const { status, body } = await json([apartment, item, apartment]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ failed: 1, items: [{ action: "UPDATED" }, {}, { action: "UPDATED" }] });
    expect(body.items[1]).toEqual({
      kind: null,
      itemId: null,
      action: "FAILED",
      record: null,
      changes: [],
      userErrors: [{ code: "INVALID", field: ["items", "1", at], message: expect.stringMatching(message) }],
      warnings: [],
    });
    expect(given[0]?.items).toEqual([apartment, { kind: "APARTMENT", item: [] }, apartment]);
  });

  test("is a result as well if it is sent alone", async () => {
    const { status, body } = await plain().json({ kind: "deal", item: {} });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      failed: 1,
      items: [{ action: "FAILED", userErrors: [{ code: "INVALID" }] }],
    });
  });
});

test.each([501, 1_500, 20_000])(
  "%i items are refused by the name of the setting, before any is read",
  async (count) => {
    const { json, given } = plain();
    const { status, body } = await json({ items: Array(count).fill({ kind: "deal" }) });
    expect(status).toBe(400);
    expect(body.errors.map(({ message }: { message: string }) => message)).toEqual([
      `${count} items are too many for one request; send 500 at most.`,
    ]);
    expect(given).toEqual([]);
  },
);

describe("an invalid body", () => {
  test.each<[string, unknown, RegExp]>([
    ["null", null, /body is null\. Send \{"items"/],
    ["a number", 5, /body is a number/],
    ["an empty object", {}, /has no items/],
    ["items that are not a list", { items: { kind: "UNIT" } }, /items is an object; it must be a list/],
    ["a name that means nothing", { items: [apartment], dryrun: true }, /has "dryrun" beside items/],
    ["a dryRun that is not a boolean", { items: [apartment], dryRun: 1 }, /dryRun is a number/],
    [
      "fields beside kind",
      { kind: "UNIT", item: {}, title: "x" },
      /^The body has "title" beside kind and item/,
    ],
    ["a list in the list", [[apartment]], /items\[0\] is a list/],
  ])("is refused: %s", async (_, body, message) => {
    const { json, given } = plain();
    const answer = await json(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_USER_INPUT" });
    expect(answer.body.errors[0].message).toMatch(message);
    expect(given).toEqual([]);
  });

  test("reports all of its faults, up to twenty", async () => {
    const { json } = plain();
    const messages = (await json([apartment, 1, { ...apartment, title: "x" }])).body.errors.map(
      ({ message }: { message: string }) => message,
    );
    expect(messages).toEqual([
      expect.stringMatching(/^items\[1\] is a number/),
      expect.stringMatching(/^items\[2\] has "title" beside kind and item/),
    ]);
    expect((await json(Array(500).fill(1))).body.errors).toHaveLength(20);
  });

  test.each([
    ["no JSON", "{", "application/json", 400, /not valid JSON.* Send JSON with items\./],
    ["empty", "", "application/json", 400, /body is empty/],
    ["text", "{}", "text/plain", 415, /Send application\/json, or a webhook's form/],
    [
      "a multipart form",
      "--b--",
      "multipart/form-data; boundary=b",
      415,
      /content-type of the body is not accepted/,
    ],
    ["XML", "<a/>", "application/xml", 415, /content-type of the body is not accepted/],
    ["named as a prototype", '{"__proto__": {"items": []}}', "application/json", 400, /such as __proto__/],
    [
      "with a prototype inside",
      '[{"kind":"UNIT","item":{"a":{"__proto__":{}}}}]',
      "application/json",
      400,
      /__proto__/,
    ],
  ])("is refused when it is %s", async (_, text, type, status, message) => {
    const { send, given } = plain();
    const answer = await send(text, { "content-type": type });
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors[0].message).toMatch(message);
    expect(answer.body.errors[0].extensions).toEqual({
      code: status === 415 ? "UNSUPPORTED_MEDIA_TYPE" : "BAD_USER_INPUT",
    });
    expect(given).toEqual([]);
  });

  test("is refused when it is compressed", async () => {
    const { send, given } = plain();
    const { status, body } = await send("{}", {
      "content-type": "application/json",
      "content-encoding": "gzip",
    });
    expect(status).toBe(415);
    expect(body.errors[0].extensions).toEqual({ code: "UNSUPPORTED_MEDIA_TYPE" });
    expect(body.errors[0].message).toMatch(/Send it uncompressed/);
    expect(given).toEqual([]);
  });

  test("is refused when it is missing", async () => {
    const { send } = plain();
    const { status, body } = await send(null);
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain("The body is missing");
  });

  test("may be larger than MAX_BODY, up to BITRIX_MAX_BODY", async () => {
    const { json, given } = await start(undefined, { MAX_BODY: "1000", BITRIX_MAX_BODY: "5000" });
    const item = (bytes: number) => ({ kind: "UNIT", item: { id: 1, title: "x".repeat(bytes) } });
    expect((await json(item(4_000))).status).toBe(200);
    const { status, body } = await json(item(5_000));
    expect(status).toBe(413);
    expect(body.errors).toEqual([
      {
        message: "The body has more than the allowed 5000 bytes. Send fewer items at once.",
        extensions: { code: "PAYLOAD_TOO_LARGE" },
      },
    ]);
    expect(given).toHaveLength(1);
  });
});

describe("access to a sync", () => {
  test.each([
    ["none", ["READ", "WRITE"]],
    ["read", ["WRITE"]],
    ["write", ["READ"]],
    ["all", []],
  ] as const)("of a key with the scopes %s lacks %j", async (name, missing) => {
    const { json, form, given } = await start(undefined, keyEnv);
    const headers = { "x-api-key": keys[name].key };
    const webhook = formOf([
      ["event", "ONCRMDYNAMICITEMUPDATE"],
      ["data[FIELDS][ID]", "71"],
      ["data[FIELDS][ENTITY_TYPE_ID]", "167"],
    ]);
    const synced = await json([apartment], headers);
    const named = await form(webhook, headers);
    expect([synced.status, named.status]).toEqual(missing.length > 0 ? [403, 403] : [200, 400]);
    for (const { body } of missing.length > 0 ? [synced, named] : []) {
      const [{ extensions }] = body.errors;
      expect({ ...extensions, missing: extensions.missing.toSorted() }).toEqual({
        code: "FORBIDDEN",
        missing,
      });
    }
    expect(given).toHaveLength(missing.length > 0 ? 0 : 1);
  });

  test("is refused without a key, and with one in the address or the body", async () => {
    const { json, send, form, given, logged } = await start(undefined, keyEnv);
    expect((await json([apartment])).status).toBe(401);
    expect((await form(`auth=${keys.all.key}&event=ONCRMCONTACTADD`)).status).toBe(401);
    const body = JSON.stringify([apartment]);
    const headers = { "content-type": "application/json" };
    expect((await send(body, headers, `?key=${keys.all.key}`)).status).toBe(401);
    const { status, text } = await send(
      body,
      { ...headers, "x-api-key": keys.all.key },
      `?key=${keys.all.key}&dryRun=true`,
    );
    expect(status).toBe(400);
    expect(text).toContain("nothing is read from there");
    expect(text).not.toContain(keys.all.key);
    expect(logged()).not.toContain(keys.all.key);
    expect(given).toEqual([]);
  });

  test("is refused to pages of other origins, whatever they send", async () => {
    const { json, form, given, url } = await start(undefined, { CORS_ORIGINS: "https://desk.example" });
    for (const origin of ["https://evil.example", "null"]) {
      const answer = await json([apartment], { origin });
      expect(answer.status).toBe(403);
      expect(answer.body.errors[0].message).toMatch(/^Pages of this site may not send Bitrix items/);
      expect((await form("event=ONCRMCONTACTADD", { origin })).status).toBe(403);
    }
    expect(given).toEqual([]);
    expect((await json([apartment], { origin: "https://desk.example" })).status).toBe(200);
    expect((await json([apartment], { origin: url })).status).toBe(200);
  });

  test("is open to any page with CORS_ORIGINS=*", async () => {
    const { json } = await start(undefined, { CORS_ORIGINS: "*" });
    expect((await json([apartment], { origin: "https://any.example" })).status).toBe(200);
  });

  test("is limited by MAX_OPERATIONS and RATE_LIMIT", async () => {
    const ends: (() => void)[] = [];
    const slow = () =>
      new Promise((resolve) => ends.push(() => resolve({ items: [], buildings: [], userErrors: [] })));
    const { json, metrics } = await start(slow, { ...keyEnv, MAX_OPERATIONS: "1", RATE_LIMIT: "2" });
    const headers = { "x-api-key": keys.all.key };
    const first = json([apartment], headers);
    while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await json([apartment], headers);
    expect(second.status).toBe(503);
    expect(second.headers.get("retry-after")).toBe("1");
    expect(second.body.errors[0].extensions.code).toBe("OVERLOADED");
    ends[0]?.();
    expect((await first).status).toBe(200);
    expect((await json([apartment], headers)).status).toBe(429);
    expect(await metrics()).toContain('throttled_total{by="gateway"} 2');
  });
});

test("the text at / has the address", async () => {
  const { url } = plain();
  const text = await (await fetch(`${url}/`)).text();
  const lines = text.split("\n").map((line) => line.trim().split(/ {2,}/));
  expect(lines).toContainEqual([`${url}/bitrix/sync`, "Bitrix items for Alma, by POST as JSON"]);
});
