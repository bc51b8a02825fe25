import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { declarations } from "../src/alma/index.ts";
import { schema } from "./schema/sdl.ts";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio }, { PRICE_PERIOD: "month" });
});
afterAll(() => gateway.close());

/** The first record of each kind in the portfolio. A kind without records has its own test. */
const rows: Readonly<Record<string, readonly { readonly id?: number }[]>> = { ...portfolio };
const singles = Object.keys(declarations).flatMap((kind) => {
  const [row] = rows[`${kind}s`] ?? [];
  return row ? [[kind, row.id] as const] : [];
});

/** A field with its required arguments: days. */
function callOf({ name, args }: GraphQLField<unknown, unknown>): string {
  const days = args.filter(isRequiredArgument).map((arg) => `${arg.name}: "2026-01-01"`);
  return days.length > 0 ? `${name}(${days.join(" ")})` : name;
}

/** Every field of a type, objects with their leaves and connections with their first page's ids. */
function everything(type: GraphQLObjectType): string {
  return Object.values(type.getFields())
    .map((field) => {
      const inner = getNamedType(field.type);
      const call = callOf(field);
      if (isLeafType(inner)) return call;
      if (!isObjectType(inner)) return `${call} { __typename id almaId name }`;
      const fields = Object.values(inner.getFields());
      if (inner.name.endsWith("Connection")) {
        return `${call} { totalCount asOf pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } nodes { id } }`;
      }
      const leaves = fields.filter((one) => isLeafType(getNamedType(one.type)) && scopeless(one));
      return `${call} { ${leaves.map(callOf).join(" ")} }`;
    })
    .join("\n");
}

const scopeless = ({ astNode }: { astNode?: { directives?: readonly object[] } | null }) =>
  (astNode?.directives ?? []).length === 0;

describe.each(singles)("every field of %s", (name, almaId) => {
  const type = schema.getQueryType()?.getFields()[name]?.type;

  test("resolves to what the data has", async () => {
    if (!isObjectType(type)) throw new Error(`${name} is no root field with an object.`);
    const { data, errors } = await gateway.query(
      `{ ${name}(ref: { almaId: ${almaId} }) { ${everything(type)} } }`,
    );
    expect(errors).toBeUndefined();
    const record: Record<string, unknown> = data[name];
    expect(Object.keys(record).sort()).toEqual(Object.keys(type.getFields()).sort());
    // The record has no contract of these kinds today; all other fields of the portfolio's first records are filled.
    const absent =
      {
        unit: ["currentTenantContract", "nextTenantContract", "vacantDays", "vacantSince"],
        room: ["owner", "vacantDays", "vacantSince"],
      }[name] ?? [];
    const empty = Object.keys(record).filter((field) => record[field] === null);
    expect(empty.sort()).toEqual([...absent].sort());
  });
});

test("every type in the schema can be reached, and every root field answers", async () => {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const lists = fields.filter(({ type }) => getNamedType(type).name.endsWith("Connection"));
  expect(lists.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(declarations), "rentalObject"].map((name) => `${name}s`).sort(),
  );
  const { data, errors } = await gateway.query(
    `{ ${lists.map(({ name }) => `${name} { totalCount }`).join(" ")} }`,
  );
  expect(errors).toBeUndefined();
  for (const [kind] of singles) expect(data[`${kind}s`].totalCount, kind).toBeGreaterThan(0);
});
