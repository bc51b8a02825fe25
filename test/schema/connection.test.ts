import {
  assertEnumType,
  assertInputObjectType,
  assertInterfaceType,
  assertObjectType,
  type GraphQLField,
  getNamedType,
} from "graphql";
import { describe, expect, test } from "vitest";
import { outputTypes, schema } from "./sdl.ts";

const records = schema.getPossibleTypes(assertInterfaceType(schema.getType("Node"))).map(({ name }) => name);
const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const camel = (name: string) =>
  name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const printed = (field: Pick<GraphQLField<unknown, unknown>, "args">) =>
  field.args.map(({ name, type }) => `${name}: ${type}`);

describe("connections", () => {
  const fields = outputTypes.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name.endsWith("Connection"))
      .map((field) => ({ path: `${type.name}.${field.name}`, field })),
  );

  test.each(fields)("$path pages, filters and orders like every other", ({ path, field }) => {
    const record = getNamedType(field.type).name.replace(/Connection$/, "");
    const own = path === "Unit.tenantContracts" ? ["includeRooms: Boolean"] : [];
    expect(printed(field)).toEqual([
      ...own,
      "first: Int",
      "after: String",
      "last: Int",
      "before: String",
      `filter: ${record}Filter`,
      `orderBy: [${record}Order!]`,
    ]);
  });
});

describe.each(records)("%s", (record) => {
  const fields = assertObjectType(schema.getType(record)).getFields();
  const query = assertObjectType(schema.getType("Query")).getFields();

  test("has a root field by ref and one for all", () => {
    const one = query[lowerFirst(record)];
    const many = query[`${lowerFirst(record)}s`];
    expect(one && [...printed(one), `${one.type}`]).toEqual(["ref: Ref!", record]);
    expect(`${many?.type}`).toBe(`${record}Connection`);
  });

  test("has the six ways to identify a record", () => {
    expect(Object.keys(fields).slice(0, 3)).toEqual(["id", "almaId", "externalId"]);
    const names = Object.keys(assertObjectType(schema.getType(`${record}Connection`)).getFields());
    expect(names.filter((name) => name !== "groups")).toEqual([
      "nodes",
      "edges",
      "pageInfo",
      "totalCount",
      "asOf",
    ]);
  });

  test("is filtered by its own fields, combined with and, or, not", () => {
    const filter = assertInputObjectType(schema.getType(`${record}Filter`)).getFields();
    const isContract = record.endsWith("Contract");
    const added = isContract ? ["building", "activeOn", "activeBetween"] : ["isVacantOn", "hasContractOn"];
    const names = Object.keys(filter);
    expect(names.slice(-3)).toEqual(["and", "or", "not"]);
    // A relation is filtered by a ref and by the filter of its type.
    const links = names.filter((name) => name.endsWith("Where"));
    for (const name of links) {
      expect(`${filter[name.replace(/Where$/, "")]?.type}`).toBe("Ref");
      expect(`${filter[name]?.type}`).toMatch(/Filter$/);
    }
    const known = ["search", ...links, ...added];
    expect(names.slice(0, -3).filter((name) => !(name in fields) && !known.includes(name))).toEqual([]);
  });

  test("is ordered by its own fields, the values being their names", () => {
    const order = assertEnumType(schema.getType(`${record}OrderField`)).getValues();
    const names = order.map(({ name }) => camel(name));
    expect(names[0]).toBe("almaId");
    // Or by the name of the related record, or of the contract's unit or room.
    const object = assertInterfaceType(schema.getType("RentalObject")).getFields();
    const linked = "rentalObject" in fields ? { ...fields, ...object } : fields;
    const isOwn = (name: string) => name in fields || name.replace(/Name$/, "") in linked;
    expect(names.filter((name) => !isOwn(name))).toEqual([]);
  });
});

const grouped = [...records, "RentalObject"].filter((record) => schema.getType(`${record}Groups`));

describe.each(grouped)("groups of %s", (record) => {
  const fieldsOf = (name: string) => Object.keys(assertObjectType(schema.getType(name)).getFields());
  const valuesOf = (name: string) =>
    assertEnumType(schema.getType(name))
      .getValues()
      .map((value) => value.name);
  const keys = valuesOf(`${record}GroupField`);

  test("are asked for like all others", () => {
    const { groups } = assertObjectType(schema.getType(`${record}Connection`)).getFields();
    const names = groups?.args.map(({ name }) => name) ?? [];
    expect(["by", "having", "orderBy", "first", "after"].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.includes("over")).toBe(fieldsOf(`${record}Group`).includes("period"));
    expect(fieldsOf(`${record}Groups`)).toEqual(["nodes", "pageInfo", "totalCount", "asOf"]);
  });

  test("have every key as a field, and are ordered by it", () => {
    expect(fieldsOf(`${record}GroupKeys`)).toEqual(keys.map(camel));
    expect(valuesOf(`${record}GroupOrderField`).slice(0, keys.length)).toEqual(keys);
  });
});
