import { describe, expect, test } from "vitest";
import { draftFields, type Kind } from "../../../src/alma/index.ts";
import { findDifference } from "../../../src/capabilities/bitrix/task/difference.ts";
import { Task } from "../../../src/capabilities/bitrix/task/task.ts";
import { kindDefinitions, kinds } from "../../../src/catalog/index.ts";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";

const period = { start_date: day(0), end_date: day(5) };
const data = {
  ...household,
  ownerContracts: [{ id: 801, unit_id: 1, client_id: 251, external_id: "o-801", name: "Mandate", ...period }],
  tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, external_id: "t-901", name: "Lease", ...period }],
};
const ids: Partial<Record<Kind, number>> = {
  building: 1001,
  unit: 1,
  room: 11,
  client: 251,
  ownerContract: 801,
  tenantContract: 901,
};

/** Alma shows the first of two texts, and a caller has the second; `stored`: whether Alma makes the one of the other. */
const texts: readonly { pair: string; shown: string; value: string; stored?: true }[] = [
  { pair: "zeros in front", shown: "123", value: "0123" },
  { pair: "decimals", shown: "7", value: "7.0" },
  { pair: "an extension", shown: "+9715012345", value: "+97150123 ext 45" },
  { pair: "case", shown: "marina", value: "Marina" },
  { pair: "a form of Unicode", shown: "caf\u00e9", value: "cafe\u0301" },
  { pair: "compatible characters", shown: "No 1", value: "\u2116 1" },
  { pair: "a longer text", shown: "a".repeat(200), value: "a".repeat(201) },
  { pair: "a cut text", shown: "12345678", value: "1234567890" },
  { pair: "blanks within", shown: "Street 5", value: "Street  5" },
  { pair: "blanks around", shown: "Street 5", value: "\u00a0Street 5 ", stored: true },
];
/** The same for values of other types. */
const others = {
  whole: [1, 2],
  number: [7.5, 7.51],
  decimal: ["12.20", "12.21"],
  flag: [false, true],
  date: [day(1), day(2)],
} as const;

type Value = string | number | boolean;

/** Choices and addresses, which Alma checks: what is written to them is not compared here. */
const isChecked = (field: string) => ["propertyType", "parking", "country", "email"].includes(field);
/** Ids that cannot have blanks around them. */
const isId = (field: string) => /externalId$/i.test(field);
/** Of a lock's password, Alma is known to store 8 characters. */
const isCut = (field: string, pair: string) => field === "electronicLockPassword" && pair === "a cut text";

/** A unit that has rooms cannot be let whole. */
const LETTING = "isUsedAdditionalExternalId";

const wire = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe.each(kinds)("%s", (kind: Kind) => {
  const { typeName } = kindDefinitions[kind];
  const textFields = [...draftFields(kind).values()].flatMap(({ name, accepts }) =>
    accepts === "text" && !isChecked(name) ? [name] : [],
  );

  /** A record that shows these values; what is told of a change of others, and what Alma is sent. */
  async function startWith(shown: Readonly<Record<string, unknown>>) {
    const gateway = await start({ data });
    const table = gateway.data[`${kind}s` as "units"];
    const id = ids[kind];
    if (id === undefined) throw new Error(`The data of this test have no ${kind}.`);
    table.change(id, Object.fromEntries(Object.entries(shown).map(([field, value]) => [wire(field), value])));
    return async (argument: "input" | "expected", values: Readonly<Record<string, unknown>>) => {
      const expected = argument === "input" ? {} : values;
      const input = argument === "input" ? values : { ...values, [LETTING]: undefined };
      const { userErrors } = await gateway.mutate(
        `update${typeName}(ref: { almaId: ${id} }, input: $input, expected: $expected)`,
        "__typename",
        { input, expected },
        `($input: Update${typeName}Input!, $expected: Update${typeName}Input)`,
      );
      const bodies = gateway.sent().flatMap(([, body]) => Object.keys(body as object));
      return { errors: userErrors.map(({ code, field }) => [code, ...(field ?? [])]), fields: bodies };
    };
  }

  /** The fields that a sync would write to a record that shows the first of two values. */
  const syncs = (pairs: Readonly<Record<string, readonly [Value, Value]>>) => {
    const task = new Task(kind);
    task.before = Object.fromEntries(Object.entries(pairs).map(([field, [shown]]) => [field, shown]));
    for (const [field, [, value]] of Object.entries(pairs)) task.fields.set(field, { value, from: "UF" });
    return Object.keys(findDifference(task, {}).fields);
  };

  test.each(texts)("texts that differ by $pair", async ({ pair, shown, value, stored }) => {
    const fields = textFields.filter((field) => !(stored && isId(field)));
    const written = stored ? [] : fields.filter((field) => !isCut(field, pair));
    const of = (text: string) => Object.fromEntries(fields.map((field) => [field, text]));
    const change = await startWith(of(shown));
    expect(await change("expected", of(value))).toEqual({
      errors: fields.map((field) => ["CONFLICT", "expected", field]),
      fields: [],
    });
    expect(syncs(Object.fromEntries(fields.map((field) => [field, [shown, value]])))).toEqual(written);
    for (const field of fields) {
      const { fields: sent } = await change("input", { [field]: value });
      expect([field, sent.includes(wire(field))]).toEqual([field, written.includes(field)]);
    }
  });

  test("other values that differ", async () => {
    const pairs: Record<string, readonly [Value, Value]> = {};
    for (const { name, accepts } of draftFields(kind).values())
      if (accepts in others) pairs[name] = others[accepts as keyof typeof others];
    const pick = (index: 0 | 1) =>
      Object.fromEntries(Object.entries(pairs).map(([field, pair]) => [field, pair[index]]));
    const change = await startWith(pick(0));
    const fields = Object.keys(pairs);
    if (fields.length === 0) return expect(kind).toBe("building");
    expect(await change("expected", pick(0))).toMatchObject({ errors: [] });
    expect(await change("expected", pick(1))).toEqual({
      errors: fields.map((field) => ["CONFLICT", "expected", field]),
      fields: [],
    });
    expect(syncs(pairs)).toEqual(fields);
    expect(
      syncs(Object.fromEntries(Object.entries(pairs).map(([field, [shown]]) => [field, [shown, shown]]))),
    ).toEqual([]);
    // The last day comes first: a period cannot end before it starts.
    for (const field of fields.toReversed()) {
      const { fields: sent } = await change("input", { [field]: pick(1)[field] });
      expect(sent).toEqual(field === LETTING ? [] : [wire(field)]);
    }
  });
});
