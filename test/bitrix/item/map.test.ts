import { describe, expect, test } from "vitest";
import { start } from "../sync/gateway.ts";
import { apartment, contact, file, ownerContract, tenantContract, unit } from "./items.ts";

const map = `query ($items: [BitrixItemInput!]!) {
  mapBitrix(items: $items) {
    kind itemId
    links { kind itemId bitrixField }
    fields { almaType almaField bitrixField raw value rule userError { code field message } }
    userErrors { code field message }
  }
}`;

describe("mapBitrix", () => {
  test("shows the source, value and rule of each field, without a call to Alma", async () => {
    const { query, asked } = await start();
    const items = [apartment(12), unit(71, 12), contact(31), tenantContract(501, 71, 31)];
    const { data, errors, extensions } = await query(map, { items });
    expect(errors).toBeUndefined();
    const [first, second, third, fourth] = data.mapBitrix;
    expect(first).toMatchObject({ kind: "APARTMENT", itemId: "12", links: [], userErrors: [] });
    const base = { almaType: "Unit", userError: null };
    expect(first.fields).toContainEqual({
      ...base,
      almaField: "subwayStation",
      bitrixField: "ufCrm6_1682233481671",
      raw: 110,
      value: "Damac Properties",
      rule: "The option's value in the table subwayStation.",
    });
    expect(first.fields).toContainEqual({
      ...base,
      almaField: "isRoofGarden",
      bitrixField: null,
      raw: null,
      value: false,
      rule: "In a new record, always false.",
    });
    expect(first.fields).toContainEqual({
      ...base,
      almaType: "Building",
      almaField: "name",
      bitrixField: "ufCrm6_1682232363193",
      raw: "Marina Heights",
      value: "Marina Heights",
      rule: "As it is.",
    });
    expect(second.links).toEqual([{ kind: "APARTMENT", itemId: "12", bitrixField: "ufCrm8_1684429208" }]);
    expect(second.fields).toContainEqual({
      ...base,
      almaType: "Room",
      almaField: "internalArea",
      bitrixField: "ufCrm8_1686662606534",
      raw: "",
      value: 0,
      rule: "As a number; empty becomes 0.",
    });
    expect(third.fields).toContainEqual({
      ...base,
      almaType: "Client",
      almaField: "birthday",
      bitrixField: "BIRTHDATE",
      raw: "1990-05-17T03:00:00+03:00",
      value: "1990-05-17",
      rule: "The day, without time and time zone.",
    });
    expect(fourth.links).toEqual([
      { kind: "UNIT", itemId: "71", bitrixField: "ufCrm20_1693919019" },
      { kind: "CONTACT", itemId: "31", bitrixField: "contactId" },
    ]);
    expect(asked()).toEqual([]);
    expect(extensions.alma.calls).toBe(0);
  });

  test("shows a file by its link, and the passport scan of an owner contract as the client's", async () => {
    const { query } = await start();
    const item = ownerContract(401, 12, 31, { ufCrm10_1694000435068: file("passport.jpg") });
    const { data } = await query(map, { items: [item] });
    expect(data.mapBitrix[0].fields).toContainEqual({
      almaType: "Client",
      almaField: "passportScan",
      bitrixField: "ufCrm10_1694000435068",
      raw: file("passport.jpg"),
      value: file("passport.jpg").urlMachine,
      rule: "The file by its link; the first of several; empty changes nothing.",
      userError: null,
    });
  });

  test("reports an error at the field and again for the item", async () => {
    const { query } = await start();
    const item = unit(71, 12, { ufCrm8_1682957076924: 999, ufCrm8_1684429208: "" });
    const { data } = await query(map, { items: [contact(31), item] });
    const [, mapped] = data.mapBitrix;
    const unknown = {
      code: "UNKNOWN_OPTION",
      field: ["items", "1", "item", "ufCrm8_1682957076924"],
      message:
        'The option 999 of the Bitrix field "ufCrm8_1682957076924" is not in the table roomPropertyType of the mapping dubai. ' +
        "Known options: 244 bunk, 242 room. If it is a new one, add a row for it to roomPropertyType in the file that " +
        'BITRIX_MAPPING names (one with "extends": "dubai" needs only that row); it is never guessed.',
    };
    const field = mapped.fields.find(({ almaField }: { almaField: string }) => almaField === "propertyType");
    expect(field).toMatchObject({ raw: 999, value: null, userError: unknown });
    expect(mapped.links).toEqual([]);
    expect(mapped.userErrors).toMatchObject([
      { code: "MISSING_LINK", field: ["items", "1", "item", "ufCrm8_1684429208"] },
      unknown,
    ]);
  });

  test("accepts items as literals with variables inside", async () => {
    const { query } = await start();
    const document = `query ($title: String!, $station: Int!, $whole: JSON!) {
      mapBitrix(items: [
        { kind: APARTMENT, item: {
          id: 12, title: $title, ufCrm6_1682233481671: [$station], ufCrm6_1682232424142: 85.5,
          ufCrm6_1697622591377: true, ufCrm6_1718821717: null
        } }
        { kind: CONTACT, item: $whole }
      ]) { itemId fields { almaField raw value } userErrors { code message } }
    }`;
    const variables = { title: "Marina 12", station: 110, whole: contact(31).item };
    const { data, errors } = await query(document, variables);
    expect(errors).toBeUndefined();
    const [literal, whole] = data.mapBitrix;
    expect(literal.userErrors).toEqual([]);
    expect(literal.fields).toEqual(
      expect.arrayContaining([
        { almaField: "externalId", raw: 12, value: "12" },
        { almaField: "name", raw: "Marina 12", value: "Marina 12" },
        { almaField: "subwayStation", raw: [110], value: "Damac Properties" },
        { almaField: "internalArea", raw: 85.5, value: 85.5 },
        { almaField: "isSwimmingPool", raw: true, value: true },
        { almaField: "address", raw: null, value: null },
      ]),
    );
    expect(whole.itemId).toBe("31");
  });

  test("refuses more items than BITRIX_MAX_ITEMS", async () => {
    const { query } = await start({}, { BITRIX_MAX_ITEMS: "1" });
    const { errors } = await query(map, { items: [contact(31), contact(32)] });
    expect(errors).toMatchObject([
      {
        message: "items: 2 items are too many for one request; send 1 at most.",
        extensions: { code: "BAD_USER_INPUT", argument: "items" },
      },
    ]);
  });
});
