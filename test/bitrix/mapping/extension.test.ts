import { describe, expect, test } from "vitest";
import { given, least, read } from "../item/mapped.ts";
import { bundled, mappingOf } from "./mapping-text.ts";

describe("a file that extends dubai", () => {
  test("contains differences only: rows, codes and fields added, replaced or removed", () => {
    const mapping = mappingOf({
      extends: "dubai",
      name: "dubai 2026",
      tables: {
        typeContract: {
          rows: [
            { option: 6578, value: "Less than a month" },
            { option: "882", value: "Airbnb (new)", label: "new" },
          ],
        },
      },
      items: {
        apartment: {
          records: {
            unit: {
              number: { from: ["ufCrm6_1"] },
              floor: null,
              addressNumber: { from: ["ufCrm6_2"], as: "text" },
              parking: { from: ["ufCrm6_3"], as: "text" },
            },
          },
        },
        ownerContract: { entityTypeId: "190" },
      },
    });
    expect(mapping.name).toBe("dubai 2026");
    expect(mapping.kindOf("190")).toBe("ownerContract");
    const type = (raw: string) =>
      given(read("tenantContract", "ufCrm20_1693561495", raw, mapping), "tenantContract");
    expect(type("6578").typeContract).toBe("Less than a month");
    expect(type("882").typeContract).toBe("Airbnb (new)");
    expect(type("884").typeContract).toBe("Short term from 1 to 3 months");
    const options = mapping.dictionaries.find(({ name }) => name === "typeContract")?.options;
    expect(options?.map(({ option }) => option)).toEqual(["882", "884", "886", "1304", "1306", "6578"]);

    const sent = {
      ...least.apartment,
      ufCrm6_1: "",
      ufCrm6_2: "7",
      ufCrm6_3: "uncovered",
      ufCrm6_1682232312628: "9",
    };
    const unit = given(mapping.map("apartment", sent), "unit");
    expect(unit).toMatchObject({
      number: "0",
      addressNumber: "7",
      parking: "uncovered",
      isRoofGarden: false,
    });
    expect(unit).not.toHaveProperty("floor");
    expect(given(read("apartment", "ufCrm6_1682232396330", "12", mapping), "unit")).not.toHaveProperty(
      "number",
    );
  });

  test("does not change the mapping that it extends", () => {
    mappingOf({
      extends: "dubai",
      name: "x",
      tables: { roomName: { rows: [{ option: "1", value: "One" }] } },
    });
    expect(read("unit", "ufCrm8_1698838056004", "1").errors).toMatchObject([{ code: "UNKNOWN_OPTION" }]);
  });

  test("may have tables and a currency of its own", () => {
    const mapping = mappingOf({
      extends: "dubai",
      name: "riyadh",
      currency: "SAR",
      tables: { metro: { rows: [{ option: 1, value: "KAFD", label: "King Abdullah Financial District" }] } },
      items: { apartment: { records: { unit: { subwayStation: { table: "metro" } } } } },
    });
    expect(given(read("apartment", "ufCrm6_1682233481671", 1, mapping), "unit").subwayStation).toBe("KAFD");
    expect(read("apartment", "ufCrm6_1682233481671", 66, mapping).errors[0]?.message).toMatch(
      /table metro of the mapping riyadh\. Known options: 1 King Abdullah Financial District\./,
    );
    expect(read("tenantContract", "opportunity", "5|AED", mapping).errors).toMatchObject([
      { code: "INVALID" },
    ]);
    expect(given(read("tenantContract", "opportunity", "5|SAR", mapping), "tenantContract").price).toBe(
      "5.00",
    );
  });

  test("may let a contract name either its apartment or its unit", () => {
    const mapping = mappingOf({
      extends: "dubai",
      name: "x",
      items: {
        tenantContract: {
          links: { unit: { optional: true }, apartment: { from: ["parentId144"], optional: true } },
        },
      },
    });
    const contract = { id: 5, contactId: 3 };
    expect(mapping.map("tenantContract", { ...contract, parentId144: 1 })).toMatchObject({
      links: { apartment: { id: "1", from: "parentId144" } },
      errors: [],
    });
    expect(mapping.map("tenantContract", { ...contract, ufCrm20_1693919019: 2 }).errors).toEqual([]);
    const message = expect.stringContaining("ufCrm20_1693919019 or parentId144");
    expect(mapping.map("tenantContract", contract)).toMatchObject({
      errors: [],
      missing: [{ code: "MISSING_LINK", message }],
    });
    expect(mapping.map("tenantContract", { ...contract, parentId144: "" }).errors).toMatchObject([
      { code: "MISSING_LINK", message },
    ]);
  });
});

describe("a complete file", () => {
  test("replaces dubai", () => {
    const text = bundled
      .replaceAll("ufCrm6_1682232396330", "ufCrm77_1")
      .replace('"name": "dubai"', '"name": "other"');
    const mapping = mappingOf(text);
    expect(mapping.name).toBe("other");
    expect(given(read("apartment", "ufCrm77_1", "12", mapping), "unit").number).toBe("12");
    expect(given(read("apartment", "ufCrm6_1682232396330", "12", mapping), "unit")).not.toHaveProperty(
      "number",
    );
  });

  test("may omit a kind of item, and reports items of that kind", () => {
    const { items, ...rest } = JSON.parse(bundled);
    const mapping = mappingOf({
      ...rest,
      tables: { ...rest.tables, workModel: undefined },
      items: { ...items, ownerContract: undefined },
    });
    expect(mapping.map("ownerContract", least.ownerContract)).toMatchObject({
      fields: [],
      errors: [{ code: "INVALID", message: expect.stringContaining("has nothing for an owner contract") }],
    });
    expect(mapping.map("unit", least.unit).errors).toEqual([]);
  });

  test("may map photos, and the first of several values", () => {
    const mapping = mappingOf({
      extends: "dubai",
      name: "x",
      items: {
        unit: {
          records: {
            room: { photos: { from: ["ufCrm8_9"], as: "files" }, number: { several: "first" } },
          },
        },
      },
    });
    const photos = [
      { id: 1, urlMachine: "https://bitrix.example/1" },
      { id: 2, urlMachine: "https://bitrix.example/2" },
    ];
    const item = mapping.map("unit", { ...least.unit, ufCrm8_9: photos, ufCrm8_1686662655574: ["a", "b"] });
    expect(item.errors).toEqual([]);
    expect(given(item, "room")).toMatchObject({
      number: "a",
      photos: [{ link: "https://bitrix.example/1" }, { link: "https://bitrix.example/2" }],
    });
    expect(given(mapping.map("unit", { ...least.unit, ufCrm8_9: [] }), "room").photos).toBeNull();
    expect(read("unit", "ufCrm8_1686662655574", ["a", "b"]).errors).toMatchObject([{ code: "INVALID" }]);
    expect(item.fields.find(({ field }) => field === "number")?.rule).toBe(
      "As it is; the first of several values.",
    );
  });
});
