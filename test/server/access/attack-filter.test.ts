import { isInputObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { scopesOf } from "../../../src/graph/index.ts";
import { type Attacked, fault, startAttacked } from "./attack-gateway.ts";
import { schema } from "./attack-query.ts";

let gateway: Attacked;
beforeAll(async () => {
  gateway = await startAttacked();
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.asked();
});

describe("a filter by a scoped field is refused without the scope", () => {
  const filters = Object.values(schema.getTypeMap())
    .filter(isInputObjectType)
    .filter(({ name }) => name.endsWith("Filter"))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => scopesOf(field).length > 0)
        .map((field) => ({ type: type.name, field: field.name })),
    );

  test("such as Client.email", () => {
    expect(filters).toEqual([{ type: "ClientFilter", field: "email" }]);
  });

  const by = (filter: string) => `{ clients(filter: ${filter}) { totalCount } }`;
  const variable = "query ($f: ClientFilter) { clients(filter: $f) { totalCount } }";
  const email = { email: { contains: "a" } };
  test.each<[string, object]>([
    ["a literal", { query: by('{ email: { contains: "a" } }') }],
    ["a literal of nothing", { query: by("{ email: {} }") }],
    ["and, or, not", { query: by("{ and: [{ or: [{ not: { email: { isNull: true } } }] }] }") }],
    ["a list's single value", { query: by('{ and: { email: { eq: "a" } } }') }],
    ["a variable", { query: variable, variables: { f: email } }],
    [
      "a variable with and, or, not",
      { query: variable, variables: { f: { and: [{ or: [{ not: email }] }] } } },
    ],
    ["a variable with a list's single value", { query: variable, variables: { f: { and: { or: email } } } }],
    [
      "a variable's default",
      { query: `query ($f: ClientFilter = { email: { eq: "a" } }) { clients(filter: $f) { totalCount } }` },
    ],
    [
      "a variable inside",
      { query: `query ($s: StringFilter) ${by("{ email: $s }")}`, variables: { s: { eq: "a" } } },
    ],
    [
      "a variable's list",
      { query: `query ($l: [ClientFilter!]) ${by("{ or: $l }")}`, variables: { l: [email] } },
    ],
    ["a fragment", { query: `{ ...F } fragment F on Query ${by('{ email: { eq: "a" } }')}` }],
  ])("as %s", async (_, body) => {
    expect(fault(await gateway.send(body), "PERSONAL")).toBeUndefined();
    expect(gateway.asked()).toEqual([]);
  });

  test.each([
    { query: by("{ email: null }") },
    { query: variable, variables: { f: { email: null } } },
    { query: variable, variables: { f: { email: "a" } } },
    { query: variable, variables: { f: { email: { like: "a" } } } },
  ])("and an invalid one is refused in any case: %j", async (body) => {
    expect((await gateway.send(body)).body.data ?? null).toBeNull();
    expect(gateway.asked()).toEqual([]);
  });

  test.each(["EMAIL", "email", "PHONE", "BIRTHDAY", "PASSPORT"])(
    "and there is no order by %s",
    async (field) => {
      const { body } = await gateway.send({
        query: `{ clients(orderBy: [{ field: ${field} }]) { totalCount } }`,
      });
      expect(body.data).toBeUndefined();
      expect(body.errors[0].message).not.toContain("Did you mean");
      expect(gateway.asked()).toEqual([]);
    },
  );
});
