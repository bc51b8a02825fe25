import { readFileSync } from "node:fs";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import {
  buildSchema,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  printSchema,
} from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "./schema/sdl.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio });
});
afterAll(() => gateway.close());

const singles = {
  building: portfolio.buildings[0]?.id,
  unit: portfolio.units[0]?.id,
  room: portfolio.rooms[0]?.id,
  client: portfolio.clients[0]?.id,
  ownerContract: portfolio.ownerContracts[0]?.id,
  tenantContract: portfolio.tenantContracts[0]?.id,
};

/** Every field of a type, objects with their leaves and connections with their first page's ids. */
function everything(type: GraphQLObjectType): string {
  return Object.values(type.getFields())
    .map((field) => {
      const inner = getNamedType(field.type);
      if (isLeafType(inner)) return field.name;
      if (!isObjectType(inner)) return `${field.name} { __typename id almaId name }`;
      const fields = Object.values(inner.getFields());
      if (fields.some(({ name }) => name === "pageInfo")) {
        return `${field.name} { totalCount asOf pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } nodes { id } }`;
      }
      const leaves = fields.filter((one) => isLeafType(getNamedType(one.type)) && scopeless(one));
      return `${field.name} { ${leaves.map(({ name }) => name).join(" ")} }`;
    })
    .join("\n");
}

const scopeless = ({ astNode }: { astNode?: { directives?: readonly object[] } | null }) =>
  (astNode?.directives ?? []).length === 0;

describe.each(Object.entries(singles))("every field of %s", (name, almaId) => {
  const type = schema.getQueryType()?.getFields()[name]?.type;

  test("resolves to what the data has", async () => {
    if (!isObjectType(type)) throw new Error(`${name} is no root field with an object.`);
    const { data, errors } = await gateway.query(
      `{ ${name}(ref: { almaId: ${almaId} }) { ${everything(type)} } }`,
    );
    expect(errors).toBeUndefined();
    const record: Record<string, unknown> = data[name];
    expect(Object.keys(record).sort()).toEqual(Object.keys(type.getFields()).sort());
    // The record has no contract of these kinds today; all the rest of the portfolio's first records is filled.
    const absent = { unit: ["currentTenantContract"] }[name] ?? [];
    const empty = Object.keys(record).filter((field) => record[field] === null);
    expect(empty.sort()).toEqual([...absent].sort());
  });
});

test("every type in the schema can be reached, and every root field answers", async () => {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const lists = fields.filter(({ type }) => getNamedType(type).name.endsWith("Connection"));
  expect(lists.map(({ name }) => name).sort()).toEqual(
    Object.keys(singles)
      .map((name) => `${name}s`)
      .sort(),
  );
  const { data, errors } = await gateway.query(
    `{ ${lists.map(({ name }) => `${name} { totalCount }`).join(" ")} }`,
  );
  expect(errors).toBeUndefined();
  expect(
    Object.values(data).every((connection) => (connection as { totalCount: number }).totalCount > 0),
  ).toBe(true);
});

/**
 * Clients were written against `published.graphql`. A change of the schema is published by
 * `npx vitest run test/schema.test.ts -u`, so that what clients will notice of it is in the commit to be read.
 */
describe("the published schema", () => {
  const path = "./schema/published.graphql";
  const published = readFileSync(new URL(path, import.meta.url), "utf8");

  test("is broken by no change", async () => {
    expect(await breaking(buildSchema(published), schema)).toEqual([]);
  });

  test("would be broken by a field that is gone", async () => {
    const less = published.replace(/^ {2}numberOfUnits: Int\n/m, "");
    expect(await breaking(buildSchema(published), buildSchema(less))).toEqual([
      "Field 'numberOfUnits' was removed from object type 'Building'",
    ]);
  });

  test("is the schema as it is", async () => {
    await expect(withoutDescriptions(printSchema(schema))).toMatchFileSnapshot(path);
  });
});

async function breaking(before: GraphQLSchema, after: GraphQLSchema): Promise<string[]> {
  const changes = await diff(before, after);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

const withoutDescriptions = (text: string) => text.replace(/^\s*"""[\s\S]*?"""\n/gm, "");
