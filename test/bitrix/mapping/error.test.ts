import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitrix } from "../../../src/capabilities/bitrix/index.ts";
import {
  loadMapping,
  MappingError,
  mappingErrors,
} from "../../../src/capabilities/bitrix/mapping/load-mapping.ts";
import { loadConfigFor } from "../../../src/compose.ts";
import { ConfigError } from "../../../src/config/config.ts";
import { bundled, fileOf, issuesOf } from "./mapping-text.ts";

const inUnit = "items.apartment.records.unit";

describe("everything that the schema forbids in a file is reported", () => {
  const reported = issuesOf({
    extends: "dubai",
    name: "sharjah",
    colour: "red",
    currency: "dirham",
    tables: {
      subwayStation: {
        rows: [
          { option: " ", value: "no option" },
          { option: "9998", value: "Sharjah", lable: "slip" },
        ],
      },
      workModel: {
        rows: [
          { option: "66", value: "a" },
          { option: 66, value: "b" },
        ],
      },
    },
    items: {
      flat: {},
      apartment: {
        links: { house: { from: ["x"] }, unit: { several: "last" } },
        records: {
          unit: {
            floor: { from: ["x y"], as: "text" },
            number: { from: [], as: "text" },
            subwayStation: { from: ["a"], as: "opton", table: "subwayStation" },
          },
        },
      },
    },
  });

  test.each([
    ["an unknown key", /^: Unrecognized key: "colour"/],
    ["an ill-formed currency", /^currency: must be a currency's code, such as AED/],
    ["an ill-formed option", /^tables\.subwayStation\.rows\.0\.option: must be a Bitrix option/],
    ["a misspelt key of a row", /^tables\.subwayStation\.rows\.1: Unrecognized key: "lable"/],
    ["an option twice", /^tables\.workModel\.rows: has an option twice/],
    ["an unknown kind", /^items: Unrecognized key: "flat"/],
    ["a link to an unknown kind", /^items\.apartment\.links: Unrecognized key: "house"/],
    ["an unknown word", /^items\.apartment\.links\.unit\.several: .*"first"\|"all"/],
    ["an ill-formed code", /\.unit\.floor\.from\.0: must be the code of a Bitrix field, such as/],
    ["an empty list of codes", /\.unit\.number\.from: must name at least one Bitrix field/],
    ["an unknown value type", /\.unit\.subwayStation\.as: .*"text"\|/],
  ])("%s", (_, issue) => {
    expect(reported.filter((line) => issue.test(line))).toHaveLength(1);
  });

  test("and nothing else", () => {
    expect(reported).toHaveLength(11);
  });
});

/** One issue of every kind that is found after the file has passed the schema. */
const invalid = {
  extends: "dubai",
  name: "sharjah",
  tables: { subwayStation: { rows: [{ option: "9999", value: 5 }] } },
  items: {
    apartment: {
      entityTypeId: 167,
      links: { contact: { from: ["contactId"] } },
      records: {
        unit: {
          name: null,
          nmae: null,
          status: { from: ["x"], as: "text" },
          colour: { from: ["x"], as: "text" },
          externalId: { from: ["x"], as: "text" },
          internalArea: { from: ["a"], as: "text" },
          goalRentCost: { from: ["a"], as: "option" },
          numberOfBaths: { empty: "none" },
          parking: { always: 5 },
          isRoofGarden: { from: ["a"], as: "option", table: "nowhere" },
          addressNumber: { as: "text" },
          plot: { from: ["a"] },
        },
        client: { phone: { from: ["a"], as: "text" } },
      },
    },
    contact: null,
    tenantContract: {
      links: { unit: null },
      records: { client: { idScan: { from: ["a"], as: "file" } } },
    },
  },
};

describe("a file with every kind of issue", () => {
  const reported = issuesOf(invalid);

  test.each([
    ["a value of the wrong type", /^tables\.subwayStation\.rows\.51\.value: is 5, but .* accepts a text\.$/],
    ["a duplicate entity type", /^items\.unit\.entityTypeId: is 167 for apartment and for unit;/],
    ["an impossible link", /^items\.apartment\.links\.contact: has no meaning:/],
    ["a removed required field", /unit\.name: is missing; Alma has no unit/],
    ["a removal of something missing", /unit\.nmae: removes something that dubai\.json does not have;/],
    ["a read-only field", /unit\.status: can only be read in Alma\. The fields that can be written are/],
    ["an unknown field", /unit\.colour: is not a field of Alma's unit\. The fields/],
    ["a derived field", /unit\.externalId: follows from the items themselves/],
    ["a value type that does not fit", /unit\.internalArea\.as: "text" does not fit .* accepts "whole"/],
    ["an option without a table", /unit\.goalRentCost\.table: must name the table of the option's values/],
    ["an empty value of the wrong type", /unit\.numberOfBaths\.empty: is "none", but .* a whole number/],
    ["a constant of the wrong type", /unit\.parking\.always: is 5, but .*unit\.parking accepts a text/],
    ["an unknown table", /unit\.isRoofGarden\.table: must name the table/],
    ["missing codes", /unit\.addressNumber\.from: is missing; name the Bitrix fields/],
    ["a missing value type", /unit\.plot\.as: is missing; say how the value is read/],
    ["a record of another item", /^items\.apartment\.records\.client: cannot be filled by an apartment/],
    ["a removed kind that one links to", /^items\.ownerContract\.links\.contact: "items" has no contact/],
    ["the same of another", /^items\.tenantContract\.links\.contact: "items" has no contact/],
    ["a missing link", /^items\.tenantContract\.links\.unit: is missing; a tenant contract cannot exist/],
    ["a field that cannot be cleared", /^items\.tenantContract\.records\.client\.idScan: cannot be cleared/],
  ])("has %s reported", (_, issue) => {
    expect(reported.filter((line) => issue.test(line))).toHaveLength(1);
  });

  test("has nothing else reported", () => {
    expect(reported).toHaveLength(20);
    expect(reported.join()).not.toContain("undefined");
    expect(reported.filter((line) => line.startsWith(inUnit))).toHaveLength(12);
  });

  test("stops the start, in one list with invalid settings", () => {
    const env = {
      ALMA_URL: "https://alma.example/external_api/",
      PORT: "none",
      BITRIX_MAPPING: fileOf(invalid),
    };
    let issues: readonly string[] = [];
    try {
      loadConfigFor([bitrix], env);
    } catch (error) {
      issues = error instanceof ConfigError ? error.errors : [];
    }
    expect(issues).toHaveLength(22);
    expect(issues.filter((line) => line.startsWith("BITRIX_MAPPING: /"))).toHaveLength(20);
    expect(issues.find((line) => line.includes("colour"))).toContain(
      `.json ${inUnit}.colour: is not a field`,
    );
  });
});

describe("a file that cannot be checked further has one issue", () => {
  test.each([
    ["incomplete JSON", '{\n  "name": "x",\n', /^: It cannot be read as JSON: /],
    ["a comment", "{ // why\n}", /^: It cannot be read as JSON: /],
    ["an empty file", "", /^: It cannot be read as JSON: /],
    ["a list", "[]", /^: Invalid input: expected object/],
    ["an unknown base", '{ "extends": "cairo", "name": "x" }', /^extends: .*"dubai"/],
  ])("%s", (_, text, issue) => {
    const reported = issuesOf(text);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(issue);
  });

  test("a missing file", () => {
    expect(() => loadMapping("/nowhere/mapping.json")).toThrow(MappingError);
    expect(mappingErrors({ bitrixMapping: "/nowhere/mapping.json" })).toEqual([
      expect.stringMatching(
        /^BITRIX_MAPPING: \/nowhere\/mapping\.json: It cannot be read .*Name a mapping file/,
      ),
    ]);
  });
});

test("everything missing in a complete file is reported together", () => {
  const reported = issuesOf({
    items: { apartment: {}, unit: {}, contact: {}, ownerContract: {}, tenantContract: {} },
  });
  const paths = reported.map((line) => line.split(" ")[0]);
  expect(paths).toEqual(
    expect.arrayContaining([
      "name:",
      "items.apartment.id:",
      "items.apartment.records.unit.name:",
      "items.apartment.records.unit.propertyType:",
      "items.apartment.records.building.name:",
      "items.unit.links.apartment:",
      "items.unit.records.room.name:",
      "items.contact.records.client.email:",
      "items.contact.records.client.country:",
      "items.ownerContract.links.contact:",
      "items.tenantContract.links.unit:",
    ]),
  );
  expect(issuesOf({ name: "x" })).toEqual([expect.stringMatching(/^items: is missing or empty;/)]);
});

test("the bundled mapping is valid, also as a separate file", () => {
  expect(mappingErrors({})).toEqual([]);
  expect(issuesOf(bundled)).toEqual([]);
  expect(issuesOf(`\uFEFF${bundled}`)).toEqual([]);
});

/** The paths of all parts of a JSON value. */
function waysIn(value: unknown, way: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [way];
  return [way, ...Object.entries(value).flatMap(([key, inner]) => waysIn(inner, [...way, key]))];
}

test("with any part replaced, the mapping is valid or has issues reported", () => {
  const ways = waysIn(JSON.parse(bundled)).filter((way) => way.length > 0);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("text", "option", "id", true, 144, [], {}),
  );
  const spoils = fc.array(fc.tuple(fc.constantFrom(...ways), value), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(spoils, fc.boolean(), (parts, extending) => {
      const file = JSON.parse(bundled);
      for (const [way, part] of parts) {
        const holder = way.slice(0, -1).reduce((at: unknown, step) => Object(at)[step], file);
        if (typeof holder === "object" && holder !== null)
          Reflect.set(holder, way.at(-1) ?? "", structuredClone(part));
      }
      const text = JSON.stringify(extending ? { ...file, extends: "dubai" } : file, null, 2);
      for (const fault of issuesOf(text)) expect(fault).toMatch(/^.*: .+/s);
    }),
    { numRuns: 100 },
  );
});
