import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidBodyError } from "../../../src/capabilities/bitrix/webhook/body.ts";
import { answerWebhook } from "../../../src/capabilities/bitrix/webhook/webhook.ts";
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

/** Sends a form with Bitrix's credentials and expects them to be neither shown nor logged. */
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
      "an event with fields of the item, which Bitrix does not send",
      event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "5"], ["data[FIELDS][NAME]", "Anna"]),
      "CONTACT",
      "5",
      "crm.contact.get (id 5)",
    ],
  ])("%s", async (_, fields, kind, itemId, call) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(400);
    const message = `Item ${itemId} was named without its fields, so nothing was done. Get it with ${call} and send the answer here, as {"kind": "${kind}", "item": …}.`;
    expect(body).toEqual({ errors: [{ message, extensions: { code: "REQUIRED" } }] });
    expect(given).toEqual([]);
  });

  test.each<[string, Fields, RegExp]>([
    [
      "unknown smart process",
      event("ONCRMDYNAMICITEMUPDATE", ...dynamic("999", "12")),
      /entity type 999 .* mapping has no such type.*BITRIX_MAPPING/,
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

describe("an invalid form is 400 with one sentence", () => {
  test.each<[string, Fields]>([
    ["nothing", []],
    ["only what Bitrix says of itself", auth],
    ["a smart process that is not named", event("ONCRMDYNAMICITEMUPDATE", ["data[FIELDS][ID]", "1"])],
    ["no id", event("ONCRMCONTACTUPDATE")],
    ["an invalid id", event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "1 OR 1"])],
    ["another event", event("ONAPPINSTALL")],
    ["an event of strange letters", event("<b>\u0000")],
    ["an event named as a prototype", event("ONCRMCONSTRUCTORADD", ["data[FIELDS][ID]", "1"])],
    ["another document", robot("LISTS_ELEMENT")],
    ["a document inside a document", [["document_id[2][x]", "CONTACT_5"]]],
    [
      "an item with its kind",
      [
        ["kind", "unit"],
        ["item", '{"id":1}'],
      ],
    ],
  ])("%s", async (_, fields) => {
    const { status, body, given } = await post(fields);
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].extensions).toEqual({ code: "BAD_USER_INPUT" });
    expect(body.errors[0].message).toMatch(/^The form names no item\. .*send items as JSON\.$/);
    expect(given).toEqual([]);
  });

  test("larger than any webhook", async () => {
    const { status, body } = await server.form(`event=${"x".repeat(70_000)}`);
    expect(status).toBe(413);
    expect(body.errors[0].message).toBe(
      "The form has more than the allowed 65536 bytes. A Bitrix webhook is smaller.",
    );
  });

  test("a token in an unexpected place is never shown", async () => {
    const { form, logged } = await start(undefined, keyEnv);
    const { status, text } = await form(formOf(event("ONCRMCONTACTUPDATE", ["data[FIELDS][ID]", "5"])));
    expect(status).toBe(401);
    expect(text + logged()).not.toContain("secret");
  });
});

test("any form names an item or is refused with a sentence, and shows no token", () => {
  const name = fc.constantFrom(
    ...["event", "data[FIELDS][ID]", "data[FIELDS][ENTITY_TYPE_ID]", "document_id", "document_id[]"],
    ...["document_id[2]", "kind", "item", "auth", "__proto__", "constructor", "", "[", "\u0000"],
  );
  const value = fc.constantFrom(
    ...["ONCRMDYNAMICITEMUPDATE", "ONCRMCONTACTDELETE", "ONCRMDYNAMICITEMADD_167", "144", "12", "", "unit"],
    ...["contact", "DYNAMIC_144_12", "CONTACT_5", "crm", "constructor", "CONSTRUCTOR_5", "toString"],
  );
  const types = { kindOf: (type: string) => (type === "144" ? ("apartment" as const) : undefined) };
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (fields) => {
      const form = new URLSearchParams(`${formOf(fields)}&auth[x]=secret&event_token=secret`);
      let shown: string;
      try {
        shown = JSON.stringify(answerWebhook(form, types));
        seen.add("named");
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
  expect([...seen].sort()).toEqual(["named", "refused"]);
});
