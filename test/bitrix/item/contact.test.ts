import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../../src/capabilities/bitrix/item/json-object.ts";
import { loadMapping } from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";
import { actions, start } from "../sync/gateway.ts";

interface Entry {
  readonly type: string;
  readonly kind: string;
  readonly value: string;
}

const person = { NAME: "Mona", LAST_NAME: "Haddad", UF_CRM_1727788747: "mona@example.com" };
const entry = (type: string, kind: string, value: string): Entry => ({ type, kind, value });

/** The answer of `crm.contact.get`: a list for each type. */
function contactGet(entries: readonly Entry[]) {
  const listOf = (type: string) =>
    entries
      .filter((one) => one.type === type)
      .map(({ kind, value }, index) => ({ ID: `${index}`, VALUE_TYPE: kind, VALUE: value, TYPE_ID: type }));
  return {
    result: {
      ID: "31",
      ...person,
      BIRTHDATE: "1990-05-17T03:00:00+03:00",
      PHONE: listOf("PHONE"),
      EMAIL: listOf("EMAIL"),
    },
  };
}

/** The answer of `crm.item.get` with entityTypeId 3: all entries in `fm`, and texts beside it. */
function itemGet(entries: readonly Entry[]) {
  const first = (type: string, kind?: string) =>
    entries.find((one) => one.type === type && (kind === undefined || one.kind === kind))?.value ?? "";
  const item = {
    id: 31,
    entityTypeId: 3,
    name: person.NAME,
    lastName: person.LAST_NAME,
    birthdate: "1990-05-17T03:00:00+03:00",
    ufCrm_1727788747: person.UF_CRM_1727788747,
    phone: first("PHONE"),
    phoneWork: first("PHONE", "WORK"),
    phoneMobile: first("PHONE", "MOBILE"),
    email: first("EMAIL"),
    emailWork: first("EMAIL", "WORK"),
    fm: entries.map(({ type, kind, value }, index) => ({
      id: 100 + index,
      typeId: type,
      valueType: kind,
      value,
    })),
  };
  return { result: { item } };
}

const cases: readonly (readonly [string, readonly Entry[], string | null])[] = [
  ["one work phone", [entry("PHONE", "WORK", "+971501")], "+971501"],
  [
    "a mobile phone before the work one",
    [entry("PHONE", "MOBILE", "+971502"), entry("PHONE", "WORK", "+971501")],
    "+971501",
  ],
  ["no work phone", [entry("PHONE", "MOBILE", "+971502"), entry("PHONE", "HOME", "+971503")], "+971502"],
  [
    "a work address before a phone",
    [entry("EMAIL", "WORK", "w@example.com"), entry("PHONE", "HOME", "+971503")],
    "+971503",
  ],
  ["no phone", [entry("EMAIL", "WORK", "w@example.com")], null],
];

describe.each(cases)("a contact with %s", (_, entries, phone) => {
  const clientOf = (item: unknown) => {
    const { id, fields, errors } = loadMapping().map("contact", item as JsonValue);
    return { id, errors, client: Object.fromEntries(fields.map(({ field, value }) => [field, value])) };
  };

  test("is the same client as crm.item.get and as crm.contact.get answer it", () => {
    const client = clientOf(contactGet(entries));
    expect(client).toMatchObject({
      id: "31",
      errors: [],
      client: { phone, firstName: "Mona", birthday: "1990-05-17" },
    });
    expect(clientOf(itemGet(entries))).toEqual(client);
  });

  test("is the same without fm, and with fm by its ids", () => {
    const client = clientOf(contactGet(entries));
    const { fm, ...plain } = itemGet(entries).result.item;
    expect(clientOf(plain)).toEqual(client);
    expect(clientOf({ ...plain, fm: Object.fromEntries(fm.map((one) => [one.id, one])) })).toEqual(client);
  });

  test("is the same client in Alma, as either method answers it", async () => {
    const { sync, data } = await start();
    const done = await sync([{ kind: "CONTACT", item: itemGet(entries) }]);
    expect(actions(done)).toEqual(["CREATED"]);
    expect(data.clients.all()).toMatchObject([{ phone: phone ?? "", email: "mona@example.com" }]);
    expect(actions(await sync([{ kind: "CONTACT", item: contactGet(entries) }]))).toEqual(["UNCHANGED"]);
  });
});
