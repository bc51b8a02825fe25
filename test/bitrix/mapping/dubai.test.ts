import { describe, expect, test } from "vitest";
import type { ItemKind } from "../../../src/capabilities/bitrix/item/item-kind.ts";
import type { JsonValue } from "../../../src/capabilities/bitrix/item/json-object.ts";
import { type Kind, kindDefinitions } from "../../../src/catalog/index.ts";
import { dubai, given, least, read } from "../item/mapped.ts";
import { documentTables, rowsOf } from "./document-table.ts";

describe("the option tables of Alma's document", () => {
  test("are 8 with 88 rows", () => {
    expect(documentTables.map((table) => rowsOf(table).length)).toEqual([2, 7, 7, 52, 6, 2, 7, 5]);
  });

  describe.each(documentTables)("$table", (table) => {
    const { kind, code, record, field } = table;
    /** The documented value, in the type of Alma's field. */
    const typed = (value: string): unknown =>
      field === "isUsedAdditionalExternalId"
        ? value === "true"
        : field === "numberOfBedrooms"
          ? Number(value)
          : value;

    test.each(rowsOf(table))("%s is %s", (option, value) => {
      // The document maps both "Not selected" and null to it, and does not say which one to send.
      const expected = option === "2762" ? null : typed(value);
      for (const raw of [option, Number(option), [option], [Number(option)]]) {
        const item = read(kind, code, raw);
        expect(item.errors).toEqual([]);
        expect(given(item, record)).toHaveProperty(field, expected);
      }
    });

    test("has a dictionary with the same options, each once", () => {
      const dictionary = dubai.dictionaries.find(
        ({ almaType, almaField }) =>
          almaType === kindDefinitions[record as Kind].typeName && almaField === field,
      );
      expect(dictionary).toMatchObject({ kind, bitrixField: code });
      const options = [...new Set(rowsOf(table).map(([option]) => option))];
      expect(dictionary?.options.map(({ option }) => option)).toEqual(options);
    });

    test("refuses an unknown option, listing the known ones and where to add a row", () => {
      const { errors, fields } = read(kind, code, "9999");
      expect(errors[0]).toEqual({ code: "UNKNOWN_OPTION", field: code, message: expect.any(String) });
      const mapped = fields.find((entry) => entry.field === field);
      const message = mapped?.error?.message ?? "";
      for (const [option] of rowsOf(table)) expect(message).toContain(option);
      expect(message).toContain('"9999"');
      expect(message).toContain("mapping dubai");
      expect(message).toContain("BITRIX_MAPPING");
      expect(fields.find((entry) => entry.field === field)).toMatchObject({
        raw: "9999",
        error: { code: "UNKNOWN_OPTION" },
      });
      expect(given(read(kind, code, "9999"), record)).not.toHaveProperty(field);
    });
  });

  test("are all tables of the mapping", () => {
    expect(dubai.dictionaries).toHaveLength(8);
  });

  test("have labels where a value says too little", () => {
    const options = dubai.dictionaries.flatMap(({ name, options }) =>
      options.map((row) => ({ name, ...row })),
    );
    const label = (name: string, option: string) =>
      options.find((row) => row.name === name && row.option === option)?.label;
    expect(label("isUsedAdditionalExternalId", "4600")).toBe("let room by room (sharing)");
    expect(label("isUsedAdditionalExternalId", "4598")).toBe("let as a whole (not sharing)");
    expect(label("subwayStation", "2762")).toBe("Not selected");
    expect(label("subwayStation", "96")).toBe("Business Bay");
  });
});

const file = { id: 9, url: "https://bitrix.example/file", urlMachine: "https://bitrix.example/machine/9" };
const machine = { link: "https://bitrix.example/machine/9" };

/** Every field of Alma's document that comes from a Bitrix field without a table: raw value, value for Alma. */
const direct: readonly (readonly [ItemKind, string, string, string, JsonValue, unknown])[] = [
  ["apartment", "id", "unit", "externalId", 9199, "9199"],
  ["apartment", "title", "unit", "name", "21_01_8", "21_01_8"],
  ["apartment", "title", "unit", "header", "21_01_8", "21_01_8"],
  ["apartment", "ufCrm6_1682232396330", "unit", "number", "123", "123"],
  ["apartment", "ufCrm6_1682232424142", "unit", "internalArea", "1111.0", 1111],
  ["apartment", "ufCrm6_1682232424142", "unit", "totalBuildableArea", 1111.5, 1111.5],
  ["apartment", "ufCrm6_1682232447205", "unit", "goalRentCost", "12.22", "12.22"],
  ["apartment", "ufCrm6_1718821717", "unit", "address", "1231", "1231"],
  ["apartment", "ufCrm6_1682232465964", "unit", "numberOfBaths", "2", 2],
  ["apartment", "ufCrm6_1697622591377", "unit", "isSwimmingPool", "Y", true],
  ["apartment", "ufCrm6_1682232312628", "unit", "floor", 17, "17"],
  ["apartment", "ufCrm6_1682235809295", "unit", "internetLogin", "login", "login"],
  ["apartment", "ufCrm6_1686728251990", "unit", "internetPassword", "secret", "secret"],
  ["apartment", "ufCrm6_1683299159437", "unit", "parkingNumber", "P2-117", "P2-117"],
  ["apartment", "ufCrm6_1720794204", "unit", "keyboxCode", "0042", "0042"],
  ["apartment", "ufCrm6_1715777670", "unit", "electronicLockPassword", "12345678", "12345678"],
  ["apartment", "ufCrm6_1682232363193", "building", "name", "02_02_03", "02_02_03"],
  ["unit", "id", "room", "externalId", "128112", "128112"],
  ["unit", "title", "room", "header", "21_01_8", "21_01_8"],
  ["unit", "ufCrm8_1686662655574", "room", "number", "7", "7"],
  ["unit", "ufCrm8_1699620518232", "room", "goalRentCost", 12.2, "12.20"],
  ["unit", "ufCrm8_1686662606534", "room", "internalArea", "0", 0],
  ["contact", "ID", "client", "externalId", "202", "202"],
  ["contact", "NAME", "client", "firstName", "William", "William"],
  ["contact", "LAST_NAME", "client", "lastName", "Lee", "Lee"],
  ["contact", "UF_Email_for_Alma", "client", "email", "test@gmail.ru", "test@gmail.ru"],
  ["contact", "UF_CRM_1727788747", "client", "email", "test@gmail.ru", "test@gmail.ru"],
  ["contact", "Phone_work_0", "client", "phone", "+79000000000", "+79000000000"],
  ["contact", "BIRTHDATE", "client", "birthday", "2019-08-24T03:00:00+03:00", "2019-08-24"],
  ["ownerContract", "id", "ownerContract", "externalId", 4330, "4330"],
  ["ownerContract", "title", "ownerContract", "name", "string2", "string2"],
  [
    "ownerContract",
    "ufCrm10_1693823247516",
    "ownerContract",
    "startDate",
    "2024-10-21T00:10:10Z",
    "2024-10-21",
  ],
  [
    "ownerContract",
    "ufCrm10_1693823282826",
    "ownerContract",
    "endDate",
    "2024-10-29T00:10:10Z",
    "2024-10-29",
  ],
  ["ownerContract", "ufCrm10_1709042143", "ownerContract", "contractWithClientScan", file, machine],
  ["ownerContract", "ufCrm10_1694000636731", "ownerContract", "propertyTitleDeedScan", file, machine],
  ["ownerContract", "ufCrm10_1694000391518", "ownerContract", "propertyManagementLetterScan", file, machine],
  ["ownerContract", "ufCrm10_1694000558852", "ownerContract", "dtcmPermitScan", file, machine],
  [
    "ownerContract",
    "ufCrm10_1708956056",
    "ownerContract",
    "pmlStartDate",
    "2024-07-22T00:10:10Z",
    "2024-07-22",
  ],
  [
    "ownerContract",
    "ufCrm10_1708955996",
    "ownerContract",
    "pmlEndDate",
    "2024-08-22T00:10:10Z",
    "2024-08-22",
  ],
  ["ownerContract", "ufCrm10_1694000435068", "client", "passportScan", file, machine],
  ["ownerContract", "Phone_work_0", "client", "phone", "+79000000000", "+79000000000"],
  ["tenantContract", "id", "tenantContract", "externalId", 202, "202"],
  ["tenantContract", "title", "tenantContract", "name", "test", "test"],
  [
    "tenantContract",
    "ufCrm20ContractStartDate",
    "tenantContract",
    "startDate",
    "2025-08-21T00:00:00",
    "2025-08-21",
  ],
  [
    "tenantContract",
    "ufCrm20ContractEndDate",
    "tenantContract",
    "endDate",
    "2025-08-25T00:00:00",
    "2025-08-25",
  ],
  ["tenantContract", "opportunity", "tenantContract", "price", "0.00", "0.00"],
  ["tenantContract", "ufCrm20Contract", "tenantContract", "contractScan", [file], machine],
  ["tenantContract", "ufCrm20ContractHistory", "tenantContract", "history", "text", "text"],
  ["tenantContract", "Phone_work_0", "client", "phone", "+79000000000", "+79000000000"],
];

describe("the fields of Alma's document", () => {
  test.each(direct)("%s %s gives %s.%s", (kind, code, record, field, raw, value) => {
    const item = read(kind, code, raw);
    expect(item.errors).toEqual([]);
    expect(given(item, record)).toHaveProperty(field, value);
    const mapped = item.fields.find((entry) => entry.record === record && entry.field === field);
    expect(mapped).toMatchObject({ from: code, raw });
    expect(mapped?.rule).toMatch(/^[A-Z].*\.$/);
  });

  test("that the item does not have are not mapped", () => {
    expect(given(dubai.map("contact", least.contact), "client")).toEqual({ externalId: "3", country: "4" });
    expect(given(dubai.map("unit", least.unit), "room")).toEqual({ externalId: "2" });
  });

  test("that are constant need no Bitrix field", () => {
    const constants = dubai.map("apartment", least.apartment).fields.filter(({ from }) => from === undefined);
    expect(constants).toEqual([
      { record: "unit", field: "isRoofGarden", value: false, rule: "In a new record, always false." },
      {
        record: "unit",
        field: "parking",
        value: "not_applicable",
        rule: "In a new record, always not_applicable.",
      },
    ]);
    expect(given(dubai.map("contact", least.contact), "client")).toHaveProperty("country", "4");
  });

  test.each<readonly [ItemKind, string, string, string, unknown]>([
    ["apartment", "ufCrm6_1682232396330", "unit", "number", "0"],
    ["apartment", "ufCrm6_1682232424142", "unit", "internalArea", 0],
    ["apartment", "ufCrm6_1682232424142", "unit", "totalBuildableArea", 0],
    ["apartment", "ufCrm6_1682232465964", "unit", "numberOfBaths", 0],
    ["unit", "ufCrm8_1686662606534", "room", "internalArea", 0],
  ])("of %s %s, if empty, make %s.%s zero", (kind, code, record, field, zero) => {
    for (const empty of ["", null, [], [""], "  "]) {
      const item = read(kind, code, empty);
      expect(item.errors).toEqual([]);
      expect(given(item, record)).toHaveProperty(field, zero);
    }
  });

  test.each<readonly [ItemKind, string, string, string]>([
    ["apartment", "ufCrm6_1682232312628", "unit", "floor"],
    ["apartment", "ufCrm6_1682233481671", "unit", "subwayStation"],
    ["contact", "BIRTHDATE", "client", "birthday"],
    ["contact", "PHONE", "client", "phone"],
    ["ownerContract", "ufCrm10_1709042143", "ownerContract", "contractWithClientScan"],
  ])("of %s %s, if empty, clear %s.%s", (kind, code, record, field) => {
    for (const empty of ["", null, []]) {
      const item = read(kind, code, empty);
      expect(item.errors).toEqual([]);
      expect(given(item, record)).toHaveProperty(field, null);
    }
  });

  test.each<readonly [ItemKind, string]>([
    ["apartment", "title"],
    ["apartment", "ufCrm6_1682232363193"],
    ["unit", "ufCrm8_1698838056004"],
    ["contact", "LAST_NAME"],
  ])("of %s %s must not be empty", (kind, code) => {
    expect(read(kind, code, "").errors).toEqual([
      { code: "REQUIRED", field: code, message: expect.stringContaining("must not be empty") },
    ]);
  });

  test("of a contract's client are left alone if they are empty", () => {
    const { fields, errors } = dubai.map("ownerContract", {
      ...least.ownerContract,
      ufCrm10_1694000435068: [],
      Phone_work_0: "",
    });
    expect(errors).toEqual([]);
    expect(fields.filter(({ record }) => record === "client")).toEqual([]);
  });
});

test.each<readonly [ItemKind, string, string, string]>([
  ["apartment", "id", "externalId", "The item's id."],
  ["apartment", "title", "name", "As it is."],
  ["apartment", "ufCrm6_1682232396330", "number", "As it is; empty becomes 0."],
  ["apartment", "ufCrm6_1682232465964", "numberOfBaths", "As a whole number; empty becomes 0."],
  ["apartment", "ufCrm6_1682232447205", "goalRentCost", "The exact amount; in AED only; empty becomes 0.00."],
  ["apartment", "ufCrm6_1697622591377", "isSwimmingPool", "Y is true, N is false; empty becomes false."],
  ["apartment", "ufCrm6_1682233481671", "subwayStation", "The option's value in the table subwayStation."],
  [
    "contact",
    "UF_Email_for_Alma",
    "email",
    "As it is; the first of UF_Email_for_Alma, UF_CRM_1727788747 that is not empty.",
  ],
  ["contact", "BIRTHDATE", "birthday", "The day, without time and time zone."],
  [
    "ownerContract",
    "ufCrm10_1694000435068",
    "passportScan",
    "The file by its link; the first of several; empty changes nothing.",
  ],
])("%s %s describes the rule of %s: %s", (kind, code, field, rule) => {
  const { fields } = read(kind, code, "1");
  expect(fields.find((entry) => entry.field === field && entry.from === code)?.rule).toBe(rule);
});

describe("an apartment's type", () => {
  test("is read from the field of bedrooms if apartment_type is missing", () => {
    const item = read("apartment", "ufCrm6_1682232863625", 52);
    expect(given(item, "unit")).toMatchObject({ propertyType: "studio", numberOfBedrooms: 1 });
    const both = dubai.map("apartment", {
      ...least.apartment,
      apartment_type: "54",
      ufCrm6_1682232863625: "56",
    });
    expect(given(both, "unit")).toMatchObject({ propertyType: "apartment", numberOfBedrooms: 2 });
  });
});

describe("a contact's e-mail and phone", () => {
  test("are never the general e-mail", () => {
    const item = read("contact", "EMAIL", [{ VALUE_TYPE: "WORK", VALUE: "general@example.com" }]);
    expect(given(item, "client")).not.toHaveProperty("email");
  });

  test("come from the first field that is not empty", () => {
    const email = (fields: Record<string, string>) =>
      given(dubai.map("contact", { ...least.contact, ...fields }), "client").email;
    expect(email({ UF_Email_for_Alma: "a@example.com", UF_CRM_1727788747: "b@example.com" })).toBe(
      "a@example.com",
    );
    expect(email({ UF_Email_for_Alma: "", UF_CRM_1727788747: "b@example.com" })).toBe("b@example.com");
  });

  test.each<readonly [JsonValue, unknown]>([
    [[{ ID: "1", VALUE_TYPE: "WORK", VALUE: "+9711", TYPE_ID: "PHONE" }], "+9711"],
    [
      [
        { VALUE_TYPE: "MOBILE", VALUE: "+9711" },
        { VALUE_TYPE: "WORK", VALUE: "+9712" },
      ],
      "+9712",
    ],
    [
      [
        { VALUE_TYPE: "MOBILE", VALUE: "+9711" },
        { VALUE_TYPE: "HOME", VALUE: "+9712" },
      ],
      "+9711",
    ],
    [
      [
        { VALUE_TYPE: "WORK", VALUE: "" },
        { VALUE_TYPE: "HOME", VALUE: "+9712" },
      ],
      "+9712",
    ],
    // PHP serializes a list with gaps as an object.
    [{ "1": { VALUE_TYPE: "HOME", VALUE: "+9711" }, "3": { VALUE_TYPE: "WORK", VALUE: "+9712" } }, "+9712"],
    [{ VALUE_TYPE: "WORK", VALUE: "+9711" }, "+9711"],
    ["+9713", "+9713"],
    [[{ VALUE_TYPE: "WORK", VALUE: "" }], null],
    [{}, null],
    [[], null],
  ])("of PHONE %j are %s", (raw, phone) => {
    expect(given(read("contact", "PHONE", raw), "client").phone).toBe(phone);
  });

  test.each<JsonValue>([{ WORK: "+9711" }, [{ WORK: "+9711" }]])(
    "in an unknown form are refused, not cleared: %j",
    (raw) => {
      expect(read("contact", "PHONE", raw).errors).toEqual([
        { code: "INVALID", field: "PHONE", message: expect.stringContaining('without "VALUE"') },
      ]);
    },
  );
});

describe("Bitrix's entity types", () => {
  test.each([
    ["144", "apartment"],
    ["167", "unit"],
    ["183", "tenantContract"],
    ["3", "contact"],
  ] as const)("%s is %s", (type, kind) => {
    expect(dubai.kindOf(type)).toBe(kind);
  });

  test("of other items are not known", () => {
    expect(dubai.kindOf("1")).toBeUndefined();
  });
});
