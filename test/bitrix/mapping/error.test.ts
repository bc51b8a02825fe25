import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitrix } from "../../../src/capabilities/bitrix/index.ts";
import { loadMapping, mappingErrors } from "../../../src/capabilities/bitrix/mapping/load.ts";
import { MappingError } from "../../../src/capabilities/bitrix/mapping/mapping-error.ts";
import { loadConfigFor } from "../../../src/compose.ts";
import { ConfigError } from "../../../src/config/config.ts";
import { bundled, fileOf, issuesOf } from "./mapping-text.ts";

/** One issue of every kind except invalid JSON. */
const invalidText = `{
  "extends": "dubai",
  "name": "sharjah",
  "colour": "red",
  "currency": "dirham",
  "tables": {
    "subwayStation": {
      "rows": [
        { "option": "66", "value": "Rashidiya" },
        { "option": 66, "value": "again" },
        { "option": " ", "value": "no option" },
        { "option": "9999", "value": 5 },
        { "option": "9998", "value": "Sharjah", "lable": "slip" }
      ]
    },
    "unused": { "rows": [] }
  },
  "items": {
    "flat": {},
    "apartment": {
      "entityTypeId": 167,
      "links": { "contact": { "from": ["contactId"] }, "house": { "from": ["x"] }, "unit": { "several": "last" } },
      "records": {
        "unit": {
          "name": null,
          "nmae": null,
          "status": { "from": ["x"], "as": "text" },
          "colour": { "from": ["x"], "as": "text" },
          "externalId": { "from": ["x"], "as": "text" },
          "floor": { "from": ["x y"], "as": "text" },
          "number": { "from": [], "as": "text" },
          "internalArea": { "from": ["a", "A"], "as": "text" },
          "goalRentCost": { "from": ["a"], "as": "option" },
          "subwayStation": { "from": ["a"], "as": "opton", "table": "subwayStation" },
          "address": { "from": ["a"], "as": "text", "table": "subwayStation" },
          "numberOfBaths": { "empty": "none" },
          "totalBuildableArea": { "leaveEmpty": true, "currencyFrom": ["b"] },
          "parking": { "always": 5 },
          "isSwimmingPool": { "always": true, "as": "yesNo" },
          "isRoofGarden": { "from": ["a"], "as": "option", "table": "nowhere" },
          "addressNumber": { "as": "text" },
          "plot": { "from": ["a"] },
          "header": { "from": ["a"], "as": "text" },
          "header": { "from": ["b"], "as": "text" }
        },
        "client": { "phone": { "from": ["a"], "as": "text" } }
      }
    },
    "unit": { "links": { "apartment": { "optional": true } } },
    "contact": null,
    "tenantContract": {
      "links": { "unit": null },
      "records": { "client": { "idScan": { "from": ["a"], "as": "file" } } }
    }
  }
}`;

/** Line and column at which a part of that file begins; with a bar in the part, where the bar is. */
function positionOf(part: string): string {
  const at = invalidText.indexOf(part.replace("|", "")) + Math.max(0, part.indexOf("|"));
  const before = invalidText.slice(0, at).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe("a file with every kind of issue", () => {
  const reported = issuesOf(invalidText);

  test.each([
    ["an unknown key", '"colour": "red"', /^colour: is not known here; known are .*currency/],
    ["an ill-formed currency", '"currency"', /^currency: must be a currency's code, such as AED\.$/],
    [
      "a duplicate option",
      '"option": 66',
      /^tables\.subwayStation\.rows\.1\.option: is 66 again, as in row 1;/,
    ],
    [
      "an ill-formed option",
      '"option": " "',
      /^tables\.subwayStation\.rows\.2\.option: must be an option of Bitrix's/,
    ],
    [
      "a value of the wrong type",
      '"value": 5',
      /^tables\.subwayStation\.rows\.3\.value: is 5, but .* accepts a text\.$/,
    ],
    [
      "a misspelt key of a row",
      '"lable"',
      /^tables\.subwayStation\.rows\.4\.lable: is not known here; known are option, /,
    ],
    ["an unused table", '"unused"', /^tables\.unused: is used by no field;/],
    ["a table without rows", '"rows": []', /^tables\.unused\.rows: has no row/],
    ["an unknown kind", '"flat"', /^items\.flat: is not known here; known are apartment, unit, contact,/],
    [
      "a duplicate entity type",
      '"entityTypeId"',
      /^items\.apartment\.entityTypeId: is 167 for apartment and for unit;/,
    ],
    ["an impossible link", '"contact": {', /^items\.apartment\.links\.contact: has no meaning:/],
    ["a link to an unknown kind", '"house"', /^items\.apartment\.links\.house: is not known here;/],
    ["an unknown word", '"several"', /^items\.apartment\.links\.unit\.several: must be "first" or "all"\.$/],
    [
      "a removed required field",
      '"name": null',
      /^items\.apartment\.records\.unit\.name: is missing; Alma has no unit/,
    ],
    [
      "a removal of something missing",
      '"nmae"',
      /^.*\.nmae: removes something that dubai\.json does not have;/,
    ],
    [
      "a read-only field",
      '"status"',
      /^.*\.status: can only be read in Alma\. The fields that can be written are/,
    ],
    ["an unknown field", '"colour": {', /^.*\.colour: is no field of Alma's unit\. The fields/],
    ["a derived field", '"externalId"', /^.*\.externalId: follows from the items themselves/],
    ["an ill-formed code", '"x y"', /^.*\.floor\.from\.0: must be the code of a Bitrix field, such as/],
    ["an empty list of codes", '"from": []', /^.*\.number\.from: must name at least one Bitrix field\.$/],
    ["a duplicate code", '"A"', /^.*\.internalArea\.from\.1: repeats A;/],
    [
      "a value type that does not fit",
      '"A"], |"as"',
      /^.*\.internalArea\.as: "text" does not fit Alma's field, which accepts "whole"/,
    ],
    [
      "an option without a table",
      '"goalRentCost"',
      /^.*\.goalRentCost\.table: is missing; an option needs the table/,
    ],
    ["an unknown value type", '"as": "opton"', /^.*\.subwayStation\.as: must be "text" or /],
    ["a table without an option", '"text", |"table"', /^.*\.address\.table: belongs to "as": "option" only;/],
    [
      "an empty value of the wrong type",
      '"empty"',
      /^.*\.numberOfBaths\.empty: is "none", but .* a whole number/,
    ],
    [
      "a contradiction about empty fields",
      '"leaveEmpty"',
      /^.*\.totalBuildableArea\.leaveEmpty: contradicts "empty";/,
    ],
    [
      "a currency of a field that is no amount",
      '"currencyFrom"',
      /^.*\.totalBuildableArea\.currencyFrom: belongs to "as": "amount"/,
    ],
    [
      "a constant of the wrong type",
      '"always": 5',
      /^.*\.parking\.always: is 5, but Alma's unit\.parking accepts a text/,
    ],
    [
      "a constant with a value type",
      '"as": "yesNo"',
      /^.*\.isSwimmingPool\.as: has no meaning with "always";/,
    ],
    [
      "an unknown table",
      '"table": "nowhere"',
      /^.*\.isRoofGarden\.table: names "nowhere", but there is no such table;/,
    ],
    ["missing codes", '"addressNumber"', /^.*\.addressNumber\.from: is missing; name the Bitrix fields/],
    ["a missing value type", '"plot"', /^.*\.plot\.as: is missing; say how the value is read/],
    ["a duplicate field", '"header": { "from": ["b"', /^.*\.header: is given twice in the same object;/],
    [
      "a record of another item",
      '"client": { "phone"',
      /^items\.apartment\.records\.client: cannot be filled by an apartment/,
    ],
    ["a link that cannot be optional", '"optional"', /^items\.unit\.links\.apartment\.optional: cannot be:/],
    [
      "a removed kind that others link to",
      '"contact": null',
      /^items\.contact: "items" has no contact, but ownerContract has/,
    ],
    [
      "a missing link",
      '"unit": null',
      /^items\.tenantContract\.links\.unit: is missing; a tenant contract cannot exist/,
    ],
    [
      "a field that cannot be cleared",
      '"idScan"',
      /^items\.tenantContract\.records\.client\.idScan: cannot be cleared/,
    ],
  ])("has %s reported at its position", (_, place, issue) => {
    const position = `${positionOf(place)} `;
    const here = reported
      .filter((line) => line.startsWith(position))
      .map((line) => line.slice(position.length));
    expect(here.filter((line) => issue.test(line))).toHaveLength(1);
  });

  test("has nothing else reported, and all in the file's order", () => {
    // The removed contact is reported for both contracts.
    expect(reported).toHaveLength(40);
    const lines = reported.map((line) => Number.parseInt(line, 10));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(reported.filter((line) => line.startsWith("dubai.json"))).toEqual([]);
    expect(reported.join()).not.toContain("undefined");
  });

  test("stops the start, in one list with invalid settings", () => {
    const env = {
      ALMA_URL: "https://alma.example/external_api/",
      PORT: "none",
      BITRIX_MAPPING: fileOf(invalidText),
    };
    let issues: readonly string[] = [];
    try {
      loadConfigFor([bitrix], env);
    } catch (error) {
      issues = error instanceof ConfigError ? error.errors : [];
    }
    expect(issues).toHaveLength(42);
    expect(issues.filter((line) => line.startsWith("BITRIX_MAPPING: /"))).toHaveLength(40);
    expect(issues.find((line) => line.includes("colour"))).toContain(
      `.json:${positionOf('"colour": "red"')} colour: is not known here`,
    );
  });
});

describe("a file that cannot be checked further has one issue", () => {
  test.each([
    ["incomplete JSON", '{\n  "name": "x",\n', /^3:1 : This is no JSON: /],
    ["a trailing comma", '{\n  "name": "x",\n}', /^\d:\d : This is no JSON: /],
    ["a comment", "{ // why\n}", /^1:3 : This is no JSON: invalid comment token/],
    ["an empty file", "", /^1:1 : This is no JSON/],
    ["a list", "[]", /^1:1 : must be an object/],
    ["an unknown base", '{ "extends": "cairo", "name": "x" }', /^1:3 extends: names "cairo", but there is/],
  ])("%s", (_, text, issue) => {
    const reported = issuesOf(text);
    expect(reported).toHaveLength(1);
    expect(reported[0]).toMatch(issue);
  });

  test("a missing file", () => {
    expect(() => loadMapping("/nowhere/mapping.json")).toThrow(MappingError);
    expect(mappingErrors({ bitrixMapping: "/nowhere/mapping.json" })).toEqual([
      expect.stringMatching(
        /^BITRIX_MAPPING: \/nowhere\/mapping\.json: The file cannot be read: .*Name a mapping file/,
      ),
    ]);
  });
});

test("everything missing in a complete file is reported at once", () => {
  const reported = issuesOf({
    items: { apartment: {}, unit: {}, contact: {}, ownerContract: {}, tenantContract: {} },
  });
  const paths = reported.map((line) => line.split(" ")[1]);
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
  expect(issuesOf({ name: "x" })).toEqual([expect.stringMatching(/ items: is missing or empty;/)]);
});

test("the bundled mapping is valid, also as a file of its own", () => {
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
      for (const fault of issuesOf(text))
        expect(fault).toMatch(/^(dubai\.json )?[1-9]\d*:[1-9]\d* .*: .+\.$/s);
    }),
    { numRuns: 100 },
  );
});

test("a text or a name that is too long to be matched is an issue", () => {
  const long = " ".repeat(10_001);
  const tables = [
    { numberOfBedrooms: { rows: [{ option: long, value: 1 }] } },
    { a: { note: long, rows: [] } },
    { [long]: { rows: [] } },
  ];
  for (const table of tables)
    expect(issuesOf({ extends: "dubai", name: "x", tables: table })).toEqual([
      expect.stringMatching(/tables.*: has 10001 characters; 10000 are allowed/),
    ]);
});
