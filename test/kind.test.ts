import { existsSync, readFileSync } from "node:fs";
import { assertEnumType, assertInputObjectType, assertObjectType, getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSimulator, type Simulator } from "../simulator/index.ts";
import { choice, choiceValue } from "../src/alma/codec/nested.ts";
import {
  type AnyDeclaration,
  declarations,
  documentedChoicesOf,
  draftFields,
  type Kind,
  showsStored,
  type Verb,
} from "../src/alma/index.ts";
import { cascadesOf, kindDefinitions, kinds } from "../src/catalog/index.ts";
import { connections } from "../src/graph/executable-schema.ts";
import { labelFields } from "../src/graph/group/label.ts";
import { checkInput } from "../src/graph/input/input-checks.ts";
import { schema } from "./schema/sdl.ts";

let simulator: Simulator;

beforeAll(async () => {
  simulator = await createSimulator();
});
afterAll(() => simulator.close());

const declared: readonly (readonly [Kind, AnyDeclaration])[] = Object.entries(declarations) as never;
const typeOf = (kind: string) => kind.charAt(0).toUpperCase() + kind.slice(1);
const fileOf = (kind: string) => `${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The field of the type that shows a field of the record: a room's unit has the name that units give themselves. */
const shownAs = (name: string) => (name === "parentUnit" ? "unit" : name);

describe.each(declared)("the kind %s", (kind, { fields, paths, relations = {}, summary, writes }) => {
  const file = fileOf(kind);

  test("has its files", () => {
    const wanted = [
      `schema/${file}.graphql`,
      `src/alma/${file}.ts`,
      `src/graph/${file}.ts`,
      `test/${file}.test.ts`,
    ];
    const missing = wanted.filter((path) => !existsSync(path));
    expect(missing, `${kind} is declared in src/alma/kind.ts; add ${missing.join(", ")}`).toEqual([]);
  });

  test("has a type, root fields and a mutation for each of its verbs in the schema", () => {
    const type = schema.getType(typeOf(kind));
    expect(isObjectType(type), `schema/${file}.graphql has no type ${typeOf(kind)}`).toBe(true);
    const query = schema.getQueryType()?.getFields() ?? {};
    for (const name of [kind, `${kind}s`])
      expect(query[name], `schema/${file}.graphql does not extend Query by ${name}`).toBeDefined();
    const mutations = schema.getMutationType()?.getFields() ?? {};
    for (const verb of Object.keys(writes)) {
      const name = verb + typeOf(kind);
      expect(
        mutations[name],
        `${kind} has the verb ${verb}, but schema/ has no mutation ${name}`,
      ).toBeDefined();
    }
  });

  test("has a name in the enum of changed kinds", () => {
    const name = kind.replace(/[A-Z]/g, "_$&").toUpperCase();
    const names = assertEnumType(schema.getType("RecordKind"))
      .getValues()
      .map((value) => value.name);
    expect(names, `RecordKind of schema/record-kind.graphql lacks ${name}`).toContain(name);
  });

  test("shows each of its fields", () => {
    const shown = assertObjectType(schema.getType(typeOf(kind))).getFields();
    const missing = Object.keys(fields).filter((name) => !shown[shownAs(name)]);
    const why = "without a scope in the schema, everybody reads what has changed in them";
    expect(missing, `type ${typeOf(kind)} lacks fields of ${kind}: ${why}`).toEqual([]);
  });

  test("accepts each writable field in the input of its create", () => {
    if (!schema.getMutationType()?.getFields()[`create${typeOf(kind)}`]) return;
    const input = assertInputObjectType(schema.getType(`Create${typeOf(kind)}Input`)).getFields();
    expect(
      Object.keys(input).sort(),
      `Create${typeOf(kind)}Input differs from the fields of ${kind}`,
    ).toEqual([...draftFields(kind).keys()].sort());
  });

  test("shows each of its relations", () => {
    const fields = assertObjectType(schema.getType(typeOf(kind))).getFields();
    for (const [name, { to }] of Object.entries(relations)) {
      const field = fields[shownAs(name)];
      expect(
        field,
        `${kind} has the relation ${name}, but type ${typeOf(kind)} has no such field`,
      ).toBeDefined();
      const target = getNamedType(field?.type);
      const possible = isObjectType(target) ? [target] : schema.getPossibleTypes(target as never);
      expect(possible.map((one) => one.name).sort()).toEqual(to.map(typeOf).sort());
    }
  });

  test("appears at the other end of each of its relations", () => {
    for (const [name, { to, inverse }] of Object.entries(relations)) {
      const seen = to.filter(
        (target) => assertObjectType(schema.getType(typeOf(target))).getFields()[inverse],
      );
      const types = to.map(typeOf).join(" and ");
      expect(
        seen,
        `${kind}.${name} calls its inverse "${inverse}", but ${types} has no such field`,
      ).not.toEqual([]);
    }
  });

  test("has fields that are handled by their types", () => {
    const problems = Object.entries(fields).flatMap(
      ([name, { accepts, read, writeOptions: { emptyValue } = {} }]) => {
        const found = [];
        if ([choice.read, choiceValue.read].includes(read as never) && !(name in documentedChoicesOf(kind)))
          found.push(
            "has no words in src/alma/codec/undocumented.ts, so that nobody is told of a misspelt one",
          );
        if ((accepts === "photos") !== (name === "photos"))
          found.push(
            "is not what is called photos: pictures are checked and changed by this name, in src/graph",
          );
        if ((accepts === "file") !== name.endsWith("Scan"))
          found.push("is not what is called ...Scan: test/schema asks a file for its scope by this name");
        if (emptyValue != null && !showsStored(kind, { [name]: read(emptyValue) }, name, null))
          found.push(`is cleared by ${emptyValue}, which src/alma/codec/same-value.ts takes for a value`);
        return found.map((problem) => `${kind}.${name} ${problem}`);
      },
    );
    if (writes.archive && !fields.isArchived)
      problems.push(`${kind} is archived, and has no isArchived that shows it`);
    // The list of buildings shows none (Alma: Buildings), as the lookup by a Bitrix id knows.
    if (kind !== "building" && !summary.includes("externalId"))
      problems.push(
        `${kind} has no externalId in its summary: src/catalog/shared-read/reader.ts looks for it there`,
      );
    expect(problems).toEqual([]);
  });

  test("refuses an end before its start", () => {
    const days = [...draftFields(kind).values()].flatMap(({ name, accepts }) =>
      accepts === "date" ? [name] : [],
    );
    const isRefused = (from: string, to: string) => {
      const addUserError = vi.fn();
      checkInput({ kind, addUserError }, { [from]: "2026-02-01", [to]: "2026-01-01" });
      return addUserError.mock.calls.length > 0;
    };
    const alone = days.filter((day) => !days.some((other) => isRefused(day, other) || isRefused(other, day)));
    expect(
      days.length > 1 ? alone : [],
      `PERIODS of src/graph/input/input-checks.ts has no pair with these days of ${kind}`,
    ).toEqual([]);
  });

  test("is served by the simulator", async () => {
    const [path = ""] = paths.list;
    const { status } = await fetch(simulator.url + path, { headers: { "api-key": simulator.apiKey } });
    expect(status, `the simulator has nothing at ${path}: add simulator/${file}.ts`).toBe(200);
  });
});

const grouped = Object.entries(connections).flatMap(([name, { groups }]) =>
  groups ? [[typeOf(name), groups] as const] : [],
);

test.each(grouped)("the schema and the code have the same groups of %s", (type, groups) => {
  const { keys, coverage, numbers = {}, ratios = {}, orders = {} } = groups;
  const fieldsOf = (name: string) => Object.keys(assertObjectType(schema.getType(name)).getFields());
  const valuesOf = (name: string) =>
    assertEnumType(schema.getType(name))
      .getValues()
      .map((value) => value.name);
  expect(valuesOf(`${type}GroupField`).sort()).toEqual(Object.keys(keys).sort());
  expect(fieldsOf(`${type}GroupKeys`).sort()).toEqual(
    Object.values(keys)
      .map(({ field }) => field)
      .sort(),
  );
  const period = coverage ? ["PERIOD"] : [];
  expect(valuesOf(`${type}GroupOrderField`).sort()).toEqual(
    [...Object.keys(keys), ...period, "COUNT", ...Object.keys(orders)].sort(),
  );
  const shown = fieldsOf(`${type}Group`);
  // The only number that only orders groups.
  const declared = Object.keys({ ...numbers, ...ratios }).filter((name) => name !== "vacantDays");
  expect(shown.sort()).toEqual(
    ["keys", "count", "distinct", ...period.map(() => "period"), ...declared].sort(),
  );
});

test("groups are made by records that have a label in their list", () => {
  const linked = Object.values(connections).flatMap(({ groups }) =>
    Object.values(groups?.keys ?? {}).flatMap(({ links = [] }) => links),
  );
  const unlabelled = [...new Set(linked)].flatMap((kind) => {
    const { summaryFields } = kindDefinitions[kind];
    return labelFields(kind)
      .filter((name) => !summaryFields.includes(name))
      .map((name) => `${kind}.${name}`);
  });
  expect(unlabelled, "labelFields of src/graph/group/label.ts names what no list shows").toEqual([]);
});

test("the page on writing shows what archiving and blocking do to other records", () => {
  const rows = declared.flatMap(([kind, { writes }]) =>
    Object.entries(writes).flatMap(([verb, cascades]) => {
      const pathsByEffect = new Map<string, string[]>();
      for (const [path, effect] of Object.entries(cascades))
        pathsByEffect.set(effect, [...(pathsByEffect.get(effect) ?? []), `\`${path}\``]);
      const cell = [...pathsByEffect].map(([effect, paths]) => `${paths.join(", ")}: ${effect}`).join("; ");
      const hasRow = verb !== "create" && verb !== "update" && cell !== "";
      return hasRow ? [`| \`${verb}${typeOf(kind)}\` | ${cell} |`] : [];
    }),
  );
  const page = readFileSync("docs/writing.md", "utf8");
  const shown = page.split("\n").filter((line) => /^\| `(un)?(archive|block)[A-Z]/.test(line));
  expect(shown, "docs/writing.md does not have the rows that follow from src/alma/").toEqual(rows);
});

test("the impact of a mutation has a field for each effect of its write", () => {
  // The effects that have a field of `Impact` in schema/impact.graphql.
  const shown: Readonly<Record<string, readonly string[]>> = {
    archived: ["room", "ownerContract", "tenantContract"],
    unarchived: ["unit", "room", "building"],
    "loses access": ["client"],
  };
  const unseen = kinds.flatMap((kind) =>
    (Object.keys(declarations[kind].writes) as Verb[]).flatMap((verb) =>
      cascadesOf(kind, verb)
        .filter(({ effect, to }) => shown[effect] && !to.every((target) => shown[effect]?.includes(target)))
        .map(
          ({ steps, effect }) =>
            `${verb} of ${kind}: ${steps.join(".")} is ${effect}, which src/graph/mutation/impact.ts does not show`,
        ),
    ),
  );
  expect(unseen).toEqual([]);
});
