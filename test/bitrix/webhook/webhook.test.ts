import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createItemKinds, InvalidBodyError } from "../../../src/capabilities/bitrix/webhook/body.ts";
import { parseForm } from "../../../src/capabilities/bitrix/webhook/form.ts";
import { readWebhook } from "../../../src/capabilities/bitrix/webhook/webhook.ts";
import { keyEnv } from "../../server/access/scoped-graph.ts";
import { auth, formOf, open, start } from "./sync-server.ts";

type Fields = readonly (readonly [string, string])[];

const event = (name: string, ...fields: Fields): Fields => [
  ["event", name],
  ["event_handler_id", "7"],
  ...fields,
  ...auth,
];
const robot = (id: string, ...fields: Fields): Fields => [
  ["document_id[]", "crm"],
  ["document_id[]", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic"],
  ["document_id[]", id],
  ...fields,
  ...auth,
];
const dynamic = (type: string, id: string): Fields => [
  ["data[FIELDS][ID]", id],
  ["data[FIELDS][ENTITY_TYPE_ID]", type],
];

let server: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  server = await open();
});
afterAll(() => server.close());

/** Sends a form with Bitrix's credentials, and expects that they are neither shown nor logged. */
async function post(fields: Fields) {
  server.clear();
  const answer = await server.form(formOf(fields));
  expect(answer.text + server.logged()).not.toMatch(/secret|portal\.example|1732540000/);
  expect(JSON.stringify(server.given)).not.toMatch(/secret|portal\.example|1732540000/);
  return { ...answer, given: server.given };
}

describe("a webhook that only refers to an item gets instructions for sending the item", () => {
  test.each<[string, Fields, string, string, string]>([
    [
      "an event of a smart process",
      event("ONCRMDYNAMICITEMUPDATE", ...dynamic("144", "12")),
      "APARTMENT",
      "12",
      "crm.item.get (entityTypeId 144, id 12)",
    ],
    [
      "an event with its type in its name",
      event("ONCRMDYNAMICITEMADD_167", ["data[FIELDS][ID]", "12"]),
      "UNIT",
      "12",
      "crm.item.get (entityTypeId 167, id 12)",
    ],
    [
      "an event in other letters",
      event("onCrmDynamicItemUpdate", ...dynamic("183", "3")),
      "TENANT_CONTRACT",
      "3",
      "crm.item.get (entityTypeId 183, id 3)",
    ],
    [
      "an event of a contact",
      event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "5"]),
      "CONTACT",
      "5",
      "crm.contact.get (id 5)",
    ],
    [
      "a robot of a smart process",
      robot("DYNAMIC_144_12"),
      "APARTMENT",
      "12",
      "crm.item.get (entityTypeId 144, id 12)",
    ],
    [
      "a robot of a contact",
      [["document_id[2]", "CONTACT_5"], ...auth],
      "CONTACT",
      "5",
      "crm.contact.get (id 5)",
    ],
    [
      "a tool that says the kind itself",
      [
        ["kind", "owner-contract"],
        ["id", "8"],
      ],
      "OWNER_CONTRACT",
      "8",
      "crm.item.get (its entityTypeId, id 8)",
    ],
  ])("%s", async (_, fields, kind, itemId, call) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(400);
    const message = `Item ${itemId} was named and nothing of it was sent, so nothing was done. Get it with ${call} and send what that answers here, as {"kind": "${kind}", "item": …}.`;
    expect(body).toEqual({ errors: [{ message, extensions: { code: "REQUIRED" } }] });
    expect(given).toEqual([]);
  });

  test.each<[string, Fields, RegExp]>([
    [
      "unknown smart process",
      event("ONCRMDYNAMICITEMUPDATE", ...dynamic("999", "12")),
      /entity type 999 .* mapping knows no such type.*BITRIX_MAPPING/,
    ],
    [
      "unknown entity of Bitrix's own",
      event("ONCRMDEALUPDATE", ["data[FIELDS][ID]", "12"]),
      /entity type 2 /,
    ],
    ["unknown smart process of a robot", robot("DYNAMIC_999_12"), /entity type 999 /],
  ])("%s is refused, with the reason", async (_, fields, message) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { message: expect.stringMatching(message), extensions: { code: "INVALID" } },
    ]);
    expect(given).toEqual([]);
  });

  test.each<[string, Fields, string | null, RegExp]>([
    [
      "deleted apartment",
      event("ONCRMDYNAMICITEMDELETE", ...dynamic("144", "12")),
      "APARTMENT",
      /was deleted in Bitrix\. Nothing is ever deleted in Alma.*archiveUnit\(ref: \{ externalId: "12" \}\)/,
    ],
    ["deleted unit", event("ONCRMDYNAMICITEMDELETE", ...dynamic("167", "12")), "UNIT", /archiveRoom\(/],
    [
      "deleted contact",
      event("ONCRMCONTACTDELETE", ["data[FIELDS][ID]", "12"]),
      "CONTACT",
      /end or archive it in Alma/,
    ],
    [
      "deleted item of an unknown type",
      event("ONCRMDYNAMICITEMDELETE", ...dynamic("999", "12")),
      null,
      /of the entity type 999 was deleted/,
    ],
  ])("%s is skipped, with the reason", async (_, fields, kind, message) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(200);
    expect(body.items).toEqual([
      expect.objectContaining({
        kind,
        itemId: "12",
        action: "SKIPPED",
        userErrors: [expect.objectContaining({ code: "INVALID", message: expect.stringMatching(message) })],
      }),
    ]);
    expect(given).toEqual([]);
  });
});

describe("a form with more fields than the id is an item", () => {
  test("of an event, its fields nested as PHP writes them", async () => {
    const { status, given } = await post(
      event(
        "ONCRMDYNAMICITEMUPDATE",
        ...dynamic("144", "12"),
        ["data[FIELDS][TITLE]", "12B & co"],
        ["data[FIELDS][UF_CRM_6_1697622591377]", "Y"],
        ["data[FIELDS][PHONE][0][VALUE]", "+971"],
        ["data[FIELDS][PHONE][1][VALUE]", "+972"],
        ["data[FIELDS][CONTACT_IDS][]", "3"],
        ["data[FIELDS][CONTACT_IDS][]", "4"],
      ),
    );
    expect(status).toBe(200);
    const item = {
      ID: "12",
      ENTITY_TYPE_ID: "144",
      TITLE: "12B & co",
      UF_CRM_6_1697622591377: "Y",
      PHONE: [{ VALUE: "+971" }, { VALUE: "+972" }],
      CONTACT_IDS: ["3", "4"],
    };
    expect(given).toEqual([{ items: [{ kind: "APARTMENT", item }], dryRun: false }]);
  });

  test("of a robot, with its properties and further fields", async () => {
    const { given } = await post(
      robot("CONTACT_5", ["properties[NAME]", "Anna"], ["LAST_NAME", "Smith"], ["dryRun", "true"]),
    );
    expect(given).toEqual([
      { items: [{ kind: "CONTACT", item: { ID: "5", NAME: "Anna", LAST_NAME: "Smith" } }], dryRun: true },
    ]);
  });

  test("of a tool, as fields or as JSON text", async () => {
    const one = await post([
      ["kind", "contact"],
      ["ID", "5"],
      ["NAME", ""],
    ]);
    expect(one.given[0]?.items).toEqual([{ kind: "CONTACT", item: { ID: "5", NAME: "" } }]);
    const two = await post([["kind", "unit"], ["item", '{"result":{"item":{"id":8}}}'], ...auth]);
    expect(two.given[0]?.items).toEqual([{ kind: "UNIT", item: { result: { item: { id: 8 } } } }]);
  });
});

describe("an invalid form is 400 with one sentence", () => {
  test.each<[string, Fields, RegExp]>([
    ["nothing", [], /form names no item/],
    ["only what Bitrix says of itself", auth, /form names no item/],
    [
      "a smart process that is not named",
      event("ONCRMDYNAMICITEMUPDATE", ["data[FIELDS][ID]", "1"]),
      /ENTITY_TYPE_ID\] is missing/,
    ],
    ["no id", event("ONCRMCONTACTUPDATE"), /id is missing/],
    ["an id that is none", event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "1 OR 1"]), /id is not a number/],
    ["another event", event("ONAPPINSTALL"), /event ONAPPINSTALL is not about an item/],
    ["an event of strange letters", event("<b>\u0000"), /event that the form has is not about an item/],
    ["another document", robot("LISTS_ELEMENT"), /document_id does not name an item/],
    [
      "a document inside a document",
      [["document_id[2][x]", "CONTACT_5"]],
      /document_id does not name an item/,
    ],
    [
      "two items",
      [...robot("CONTACT_5"), ["event", "ONCRMCONTACTUPDATE"], ["data[FIELDS][ID]", "5"]],
      /has event and document_id/,
    ],
    ["two ids", robot("CONTACT_5", ["ID", "6"], ["NAME", "x"]), /names the item 5 and has another id/],
    ["two kinds", robot("CONTACT_5", ["kind", "unit"]), /of the kind CONTACT and says kind=UNIT/],
    [
      "a field twice",
      [
        ["kind", "unit"],
        ["ID", "1"],
        ["ID", "2"],
      ],
      /has ID twice/,
    ],
    [
      "a field in two places",
      event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "5"], ["ID", "5"]),
      /in two places/,
    ],
    [
      "a field that is a text and an object",
      [
        ["a", "1"],
        ["a[b]", "2"],
      ],
      /has a\[b\] twice/,
    ],
    [
      "an object and a text",
      [
        ["a[b]", "2"],
        ["a", "1"],
      ],
      /has a twice/,
    ],
    [
      "an item and its fields",
      [
        ["kind", "unit"],
        ["item", "{}"],
        ["NAME", "x"],
      ],
      /has item and other fields/,
    ],
    [
      "an item that is no JSON",
      [
        ["kind", "unit"],
        ["item", "{secret"],
      ],
      /^item is text, but not that of a JSON object/,
    ],
    [
      "an item of prototypes",
      [
        ["kind", "unit"],
        ["item", '{"a":{"__proto__":{}}}'],
      ],
      /^item is text, but not that/,
    ],
    [
      "dryRun misspelt",
      [
        ["kind", "unit"],
        ["item", "{}"],
        ["dry_run", "1"],
      ],
      /has dry_run; the name is dryRun/,
    ],
    [
      "dryRun as a list",
      [
        ["kind", "unit"],
        ["item", "{}"],
        ["dryRun[]", "true"],
      ],
      /dryRun is an object/,
    ],
    [
      "dryRun empty",
      [
        ["kind", "unit"],
        ["item", "{}"],
        ["dryRun", ""],
      ],
      /dryRun is ""/,
    ],
    [
      "__proto__",
      [["__proto__[polluted]", "1"]],
      /^__proto__\[polluted\] is not allowed as the name of a field/,
    ],
    [
      "constructor",
      [["data[constructor][prototype][polluted]", "1"]],
      /is not allowed as the name of a field/,
    ],
    ["brackets in brackets", [[`a${"[b]".repeat(20)}`, "1"]], /more than 9 brackets/],
    ["a long name", [["a".repeat(501), "1"]], /a name of 501 characters/],
    [
      "100,000 fields",
      Array.from({ length: 100_000 }, (_, i) => [`f${i}`, ""] as const),
      /has 100000 fields; 5000 are allowed/,
    ],
  ])("%s", async (_, fields, message) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].extensions).toEqual({ code: "BAD_USER_INPUT" });
    expect(body.errors[0].message).toMatch(message);
    expect(given).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("with more fields than allowed", async () => {
    const { status, body } = await server.form(`kind=UNIT&title=${"x".repeat(1_100_000)}`);
    expect(status).toBe(413);
    expect(body.errors[0].message).toBe(
      "The form has more than the allowed 1048576 bytes. Send large items as JSON.",
    );
  });

  test("a token in an unexpected place is never shown", async () => {
    const { form, logged } = await start(undefined, keyEnv);
    const { status, text } = await form(formOf(event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "5"])));
    expect(status).toBe(401);
    expect(text + logged()).not.toContain("secret");
  });
});

test("any form is an item, a reference to one, or refused with a sentence, and shows no token", () => {
  const part = fc.constantFrom(
    ...[
      "event",
      "data",
      "FIELDS",
      "ID",
      "id",
      "ENTITY_TYPE_ID",
      "document_id",
      "kind",
      "item",
      "dryRun",
      "auth",
      "NAME",
    ],
    ...[
      "__proto__",
      "constructor",
      "toString",
      "",
      "0",
      "1",
      "]",
      "[",
      "properties",
      "application_token",
      "\u0000",
    ],
  );
  const name = fc
    .tuple(part, fc.array(part, { maxLength: 3 }))
    .map(([root, inner]) => root + inner.map((each) => `[${each}]`).join(""));
  const value = fc.constantFrom(
    ...[
      "ONCRMDYNAMICITEMUPDATE",
      "ONCRMCONTACTDELETE",
      "ONCRMDYNAMICITEMADD_167",
      "144",
      "12",
      "",
      "true",
      "unit",
    ],
    ...["contact", "DYNAMIC_144_12", "CONTACT_5", "crm", '{"id":1}', "[", "null", "constructor", "toString"],
  );
  const kinds = createItemKinds(["APARTMENT", "UNIT", "CONTACT"]);
  const types = { kindOf: (type: string) => (type === "144" ? "apartment" : undefined) };
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (fields) => {
      const text = `${formOf(fields)}&auth[x]=secret&event_token=secret`;
      let shown: string;
      try {
        const found = readWebhook(parseForm(text), kinds, types, JSON.parse);
        seen.add("itemId" in found ? "named" : "item");
        shown = JSON.stringify(found);
      } catch (error) {
        if (!(error instanceof InvalidBodyError)) throw error;
        seen.add("refused");
        shown = error.message;
        expect(shown).toMatch(/\.$/);
      }
      expect(shown).not.toContain("secret");
    }),
    { numRuns: 20_000 },
  );
  expect([...seen].sort()).toEqual(["item", "named", "refused"]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
