import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { parseReport } from "../../../src/capabilities/reports/definition/report.ts";
import { readDocument } from "../../../src/server/gate/document-size-rule.ts";
import { createOperationAnalyzer } from "../../../src/server/scope/operation-analysis.ts";
import { allTypeDefs } from "../../support/schema.ts";

const schema = buildSchema(allTypeDefs());
const rules = {
  schema,
  analyzer: createOperationAnalyzer(schema),
  readDocument: (text: string) => readDocument(text, schema, { maxTokens: 4000, maxAliases: 100 }),
};
const parse = (document: string, name = "of-units") => parseReport(name, document, rules);
const head = "# title: Units\n# rows: units.nodes\n";

test("a report has its leaves as columns, in the order of the document, fragments included", () => {
  const { columns } = parse(`${head}# columns: { name: Unit }
query Q { units { nodes { ...Ids name building { name } ... on Unit { internalArea isArchived } name } } }
fragment Ids on Unit { almaId id }`);
  expect(columns.map(({ path, title, type }) => [path.join("."), title, type])).toEqual([
    ["almaId", "almaId", "integer"],
    ["id", "id", "text"],
    ["name", "Unit", "text"],
    ["building.name", "building.name", "text"],
    ["internalArea", "internalArea", "number"],
    ["isArchived", "isArchived", "boolean"],
  ]);
});

test("a report may expand an inner list, whose paths start at the row", () => {
  const { columns, expand } = parse(`${head}# expand: rooms.nodes
# columns: { rooms.nodes.name: Room }
query Q { units { nodes { name rooms { totalCount nodes { name } } } } }`);
  expect(expand).toEqual(["rooms", "nodes"]);
  expect(columns.map(({ title }) => title)).toEqual(["name", "rooms.totalCount", "Room"]);
});

test("parameters are scalars, enums, refs and lists of them", () => {
  const { parameters } = parse(`# title: Of all
# rows: others
# parameters:
#   on: { title: Day, default: startOfMonth }
#   ids: { default: ["Unit:1", "Unit:2"] }
query Q($on: Date, $ids: [ID!]!, $n: Int! = 3, $s: [ContractState!], $of: Ref!) {
  units(first: $n) { totalCount }
  tenantContracts(filter: { activeOn: $on, state: $s, client: $of }) { totalCount }
  others: nodes(ids: $ids) { id }
}`);
  expect(
    parameters.map(({ name, title, isList, isRequired, defaultTexts }) => [
      name,
      title,
      isList,
      isRequired,
      defaultTexts,
    ]),
  ).toEqual([
    ["on", "Day", false, false, ["startOfMonth"]],
    ["ids", "ids", true, true, ["Unit:1", "Unit:2"]],
    ["n", "n", false, false, undefined],
    ["s", "s", true, false, undefined],
    ["of", "of", false, true, undefined],
  ]);
});

const query = "query Q { units { nodes { name } } }";
test.each([
  [query, /does not begin with a head/],
  ["# title: [\nquery Q { units { nodes { name } } }", /not YAML/],
  [`# title: A\n${query}`, /^In its head, rows is missing\.$/],
  [`# title: { a: 1 }\n# rows: units.nodes\n${query}`, /^In its head, title is not a text\.$/],
  [`${head}# colour: red\n${query}`, /Unrecognized key.*colour"\.$/],
  [`${head}# colums: { name: A }\n${query}`, /Unrecognized key.*colums"\.$/],
  [`${head}# parameters: { on: { defualt: today } }\n${query}`, /parameters\.on.*defualt"\.$/],
  [`${head}# chart: { kind: bar, x: name, z: [name] }\n${query}`, /In its head, chart: .*z"\.$/],
  [
    `${head}query Q { units { nodes { name } } rooms { nodes { name } } }`,
    /selects the lists units\.nodes, rooms\.nodes, but every leaf must be a column of units\.nodes/,
  ],
  [
    `${head}# expand: rooms\nquery Q { units { nodes { name rooms { nodes { name } } } } }`,
    /expanded by rooms, which is not a list that units\.nodes selects\. Its lists are: rooms\.nodes\./,
  ],
  [`${head}# title: Twice\n${query}`, /unique/i],
  [`# title: A\n# rows: units..nodes\n${query}`, /is not a path/],
  [`${head}${query} query P { units { totalCount } }`, /one operation/],
  [`${head}{ units { nodes { name } } }`, /with a name/],
  [`${head}mutation M { archiveUnit(ref: { almaId: 1 }) { userErrors { code } } }`, /a query/],
  [`${head}query Q { units { nodes { name }`, /cannot be read: .*, in line 3/],
  [`${head}query Q { units { nodes { nam } } }`, /does not fit the schema: .*"nam"/],
  [`# title: A\n# rows: rooms.nodes\n${query}`, /rooms\.nodes, which is not a list.*units\.nodes/],
  [`# title: A\n# rows: units\n${query}`, /not a list/],
  [
    `# title: A\n# rows: units.nodes.rooms.nodes\nquery Q { units { nodes { rooms { nodes { name } } } } }`,
    /not a list/,
  ],
  [
    `${head}query Q { units { nodes { name rooms { nodes { name } } } } }`,
    /No cell can hold the lists rooms\.nodes/,
  ],
  [`${head}# expand: rooms.nodes\n${query}`, /expanded by rooms\.nodes/],
  [
    `${head}# columns: { name: A, number: A }\nquery Q { units { nodes { name number } } }`,
    /name and number have the same title, A/,
  ],
  [`${head}# columns: { nam: A }\n${query}`, /names nam, which is not a column.*name/],
  [`${head}# columns: { name: { total: sum } }\n${query}`, /no numbers/],
  [
    `${head}# columns: { name: { total: avg } }\n${query}`,
    /columns\.name is neither a title nor \{ title, total, amount, more, first, means, difference, change, yearBefore, cases, words, ages \}/,
  ],
  [
    `${head}# columns: { almaId: { total: { percent: almaId, of: name } } }\nquery Q { units { nodes { name almaId } } }`,
    /total of its column almaId uses name, which has no numbers/,
  ],
  [
    `${head}# columns: { almaId: { total: { percent: almaId, of: nam } } }\nquery Q { units { nodes { name almaId } } }`,
    /names nam, which is not a column/,
  ],
  [
    `${head}# columns: { almaId: { total: { percent: almaId } } }\nquery Q { units { nodes { almaId } } }`,
    /almaId/,
  ],
  [`${head}# key: [nam]\n${query}`, /key names nam, which is not a column/],
  [`${head}# chart: { kind: bar, x: nam, y: [name] }\n${query}`, /chart names nam/],
  [`${head}# parameters: { on: { default: today } }\n${query}`, /has the parameter on/],
  [
    `${head}query Q($f: UnitFilter) { units(filter: $f) { nodes { name } } }`,
    /\$f cannot be given in an address/,
  ],
  [`${head}query Q($_a: Int) { units(first: $_a) { nodes { name } } }`, /begins with _/],
  [
    `${head}# parameters: { n: { default: many } }\nquery Q($n: Int) { units(first: $n) { nodes { name } } }`,
    /default.*many/,
  ],
  [
    `${head}# parameters: { n: { default: [1, 2] } }\nquery Q($n: Int) { units(first: $n) { nodes { name } } }`,
    /one value/,
  ],
  [`${head}query Q { units { nodes { name keyboxCode } } }`, /Unit\.keyboxCode.*opens doors/],
])("a document that is no report says why: %j", (document, reason) => {
  expect(() => parse(document)).toThrow(reason);
});

test("a name that is invalid in an address is refused", () => {
  for (const name of ["Rent", "a_b", "a--b", "-a", "ä", ""])
    expect(() => parse(`${head}${query}`, name)).toThrow(/lowercase letters/);
});
