import { assertInputObjectType, assertObjectType, buildSchema, getNamedType } from "graphql";
import { describe, expect, test } from "vitest";
import { declarations } from "../../src/alma/index.ts";
import { readTypeDefs } from "../../src/graph/index.ts";
import { schema, scopeOf } from "./sdl.ts";

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const upper = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
/** The verbs of each record type, from the kinds' declarations. */
const verbsByType = new Map(
  Object.entries(declarations).map(([kind, { writes }]) => [upper(kind), Object.keys(writes)]),
);
const typesWith = (verb: string) =>
  [...verbsByType].flatMap(([type, verbs]) => (verbs.includes(verb) ? [type] : []));
/** The types that an input refers to by a `Ref`: records, and interfaces of records. */
const refTypes = [...verbsByType.keys(), "RentalObject", "Contract"];

/** Mutations of a job, which is identified by its id. */
const ofJobs = ["stopJob", "resumeJob"];

test("the core has a mutation for every write of Alma, and no others", () => {
  const core = buildSchema(readTypeDefs([])).getMutationType()?.getFields() ?? {};
  const expected = [...verbsByType].flatMap(([type, verbs]) => verbs.map((verb) => `${verb}${type}`));
  expect(Object.keys(core).sort()).toEqual(expected.sort());
});

describe.each(mutations)("$name", (mutation) => {
  test("can be tried without a change, and repeated with an idempotency key", () => {
    const args = mutation.args.map(({ name, type, defaultValue }) => `${name}: ${type} = ${defaultValue}`);
    const dryRun = "dryRun: Boolean! = false";
    // A sync finds out itself what has been done.
    if (mutation.name === "syncBitrix") expect(args.at(-1)).toBe(dryRun);
    else if (ofJobs.includes(mutation.name)) expect(args).toEqual(["id: ID! = undefined"]);
    else expect(args.slice(-2)).toEqual([dryRun, "idempotencyKey: String = undefined"]);
  });

  test("has its own payload, which needs no scope beyond the record's data", () => {
    const payload = assertObjectType(getNamedType(mutation.type));
    expect(payload.name).toBe(`${upper(mutation.name)}Payload`);
    const fields = Object.values(payload.getFields());
    expect(`${fields.at(-1)?.name}: ${fields.at(-1)?.type}`).toBe("userErrors: [UserError!]!");
    // The results for items and buildings need none; the records and values inside do.
    const open = ["userErrors", "note", "externalFileId", "items", "buildings", "job"];
    for (const field of fields)
      expect(scopeOf(field), field.name).toBe(open.includes(field.name) ? undefined : "READ");
  });
});

describe.each(typesWith("update"))("the input of update%s", (record) => {
  const create = assertInputObjectType(schema.getType(`Create${record}Input`)).getFields();
  const update = assertInputObjectType(schema.getType(`Update${record}Input`)).getFields();

  test("accepts the fields of a create, all optional; but a contract keeps its client", () => {
    const kept = record.endsWith("Contract") ? ["client"] : [];
    expect([...Object.keys(update), ...kept].sort()).toEqual(Object.keys(create).sort());
    expect(Object.values(update).filter(({ type }) => `${type}`.endsWith("!"))).toEqual([]);
  });
});

describe.each(typesWith("create"))("the input of create%s", (record) => {
  const create = assertInputObjectType(schema.getType(`Create${record}Input`)).getFields();

  test("has the types of the record's own fields", () => {
    const fields = assertObjectType(schema.getType(record)).getFields();
    for (const [name, { type }] of Object.entries(create)) {
      // Rooms show their parent unit as `unit`, as units do.
      const shown = name === "parentUnit" ? "unit" : name;
      expect(fields, name).toHaveProperty(shown);
      const own = `${getNamedType(fields[shown]?.type)}`;
      const taken = `${getNamedType(type)}`;
      const written: Record<string, string> = { Choice: "String", Photo: "Int", Project: "Int" };
      const expected = refTypes.includes(own)
        ? "Ref"
        : name.endsWith("Scan") && own === "String"
          ? "Int"
          : (written[own] ?? own);
      expect(taken, name).toBe(expected);
    }
  });
});
