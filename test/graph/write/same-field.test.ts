import { describe, expect, test } from "vitest";
import type { Kind } from "../../../src/alma/index.ts";
import { kindDefinitions, kinds } from "../../../src/catalog/index.ts";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { start } from "../start.ts";
import { textFieldsOf, texts, valuePairsOf } from "./different-values.ts";

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

/** A unit with rooms cannot be let as a whole. */
const LETTING = "isUsedAdditionalExternalId";

const wire = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe.each(kinds)("%s", (kind: Kind) => {
  const { typeName } = kindDefinitions[kind];
  /** A record with these values; the answer to a change of others, and the body sent to Alma. */
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

  test.each(texts)("texts that differ by $pair", async (texts) => {
    const { shown, value } = texts;
    const { fields, written } = textFieldsOf(kind, texts);
    const of = (text: string) => Object.fromEntries(fields.map((field) => [field, text]));
    const change = await startWith(of(shown));
    expect(await change("expected", of(value))).toEqual({
      errors: fields.map((field) => ["CONFLICT", "expected", field]),
      fields: [],
    });
    for (const field of fields) {
      const { fields: sent } = await change("input", { [field]: value });
      expect([field, sent.includes(wire(field))]).toEqual([field, written.includes(field)]);
    }
  });

  test("other values that differ", async () => {
    const pairs = valuePairsOf(kind);
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
    // The last day comes first: a period cannot end before it starts.
    for (const field of fields.toReversed()) {
      const { fields: sent } = await change("input", { [field]: pick(1)[field] });
      expect(sent).toEqual(field === LETTING ? [] : [wire(field)]);
    }
  });
});
