import { type GraphQLObjectType, getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../schema/sdl.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { faultsOf, type Stage, stage } from "../gateway.ts";

const world = new World();
const building = addBuilding(world).id;
const unit = addUnit(world, { building });
const rows = {
  Building: world.buildings.get(building),
  Client: addClient(world),
  Unit: unit,
  Room: addRoom(world, { parent_unit: unit.id }),
  OwnerContract: addOwnerContract(world, { unit: unit.id }),
  TenantContract: addTenantContract(world, { unit: unit.id }),
};
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const isGuarded = (type: GraphQLObjectType, name: string) =>
  [type, ...type.getInterfaces()].some((one) =>
    one.getFields()[name]?.astNode?.directives?.some((directive) => directive.name.value === "requiresScope"),
  );

/** Every text of every kind, from the schema: `[type, field, whether a scope guards it]`. */
const textFields = Object.keys(rows).flatMap((name) => {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`There is no type ${name}.`);
  return Object.values(type.getFields())
    .filter((field) => getNamedType(field.type).name === "String")
    .map((field) => [name, field.name, isGuarded(type, field.name)] as const);
});
// Alma's own text; its words differ from all others.
for (const [type, field] of textFields)
  (rows[type as keyof typeof rows] as unknown as Record<string, unknown>)[snake(field)] =
    `Ÿ${type}${field}Ж And so on`;

let one: Stage;
beforeAll(async () => {
  one = await stage(world, { env: { CATALOG: "on" } });
  await one.warm();
});
afterAll(() => one.close());

const count = async (type: string, search: string) => {
  const connection = `${type.charAt(0).toLowerCase()}${type.slice(1)}s`;
  const { data, errors } = await one.query(
    `query Found($search: String) { ${connection}(filter: { search: $search }) { totalCount } }`,
    { search },
  );
  expect(errors).toBeUndefined();
  return data[connection].totalCount;
};

describe("search", () => {
  test.each(textFields.filter(([, , guarded]) => !guarded))("finds %s by its %s", async (type, field) => {
    expect(await count(type, `ÿ${type.toLowerCase()}${field.toUpperCase()}ж  SO`)).toBe(1);
    expect(await count(type, `${type}${field}ж nowhere`)).toBe(0);
  });

  test.each(textFields.filter(([, , guarded]) => guarded))(
    "does not read %s.%s, which a scope guards",
    async (type, field) => {
      expect(await count(type, `${type}${field}`)).toBe(0);
    },
  );

  test("looks for words in different texts, and for none in a blank one", async () => {
    expect(await count("Building", "buildingnameж buildingaddressж")).toBe(1);
    expect(await count("Building", "buildingnameжand")).toBe(0);
    expect(await count("Building", "  ")).toBe(1);
  });

  test("finds units and rooms together, each by its own texts", async () => {
    expect(await count("RentalObject", "and so")).toBe(2);
    expect(await count("RentalObject", "unitsubwaystation")).toBe(1);
    expect(await count("RentalObject", "roomheader")).toBe(1);
  });

  test("of too many words is refused", async () => {
    const words = Array.from({ length: 51 }, (_, index) => index).join(" ");
    const answer = await one.query(`{ units(filter: { search: "${words}" }) { totalCount } }`);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      argument: "filter.search",
    });
    expect(faultsOf(answer)).toHaveLength(1);
  });
});

test("texts are compared in either case if the filter says so", async () => {
  const name = rows.Building?.name ?? "";
  const found = async (filter: string) => {
    const { data } = await one.query(`{ buildings(filter: { name: { ${filter} } }) { totalCount } }`);
    return data.buildings.totalCount;
  };
  const other = JSON.stringify(name.toLowerCase());
  const start = JSON.stringify(name.slice(0, 9).toUpperCase());
  expect(await found(`eq: ${other}`)).toBe(0);
  expect(await found(`eq: ${other}, ignoreCase: true`)).toBe(1);
  expect(await found(`ne: ${other}, ignoreCase: true`)).toBe(0);
  expect(await found(`in: ["x", ${other}], ignoreCase: true`)).toBe(1);
  expect(await found(`notIn: [${other}], ignoreCase: true`)).toBe(0);
  expect(await found(`startsWith: ${start}, ignoreCase: false`)).toBe(0);
  expect(await found(`startsWith: ${start}, ignoreCase: true`)).toBe(1);
  expect(await found(`startsWith: ${start}, ignoreCase: null`)).toBe(0);
  expect(await found("ignoreCase: true")).toBe(1);
});
