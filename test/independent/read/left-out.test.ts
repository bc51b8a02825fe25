import { describe, expect, test } from "vitest";
import type { Answer } from "../../support/gateway.ts";
import { portfolio } from "../alma/portfolio.ts";
import { codes, stages } from "../gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({}, () => portfolio(size));

describe("doesn't read fields omitted by @skip and @include, whatever other variables read before", () => {
  /** Queries for units with an address, which no list contains, if `$full`. */
  const queries: readonly [where: string, selection: string][] = [
    ["a field", "... on Unit { name address @include(if: $full) }"],
    ["an inline fragment", "... on Unit { name ... @include(if: $full) { address } }"],
    ["a spread", "...Name ...Address @include(if: $full)"],
    ["a spread for the whole", "...Name @skip(if: $full) ...Address @include(if: $full)"],
  ];

  test.each(queries)("%s", async (_where, selection) => {
    const one = await start();
    const [first, second] = [...one.alma.world.units.keys()];
    const query =
      `query A($full: Boolean = false) { nodes(ids: ["Unit:${first}", "Unit:${second}"]) { ${selection} } }` +
      `${selection.includes("...Name") ? " fragment Name on Unit { name } fragment Address on Unit { address }" : ""}`;
    expect((await one.counted(query)).calls).toBe(1);
    expect((await one.counted(query, { full: true })).calls).toBe(2);
    expect((await one.counted(query, { full: false })).calls).toBe(0);
  });
});

describe("an invalid argument is refused only if its field would be executed", () => {
  const wrong = 'unit(ref: { id: "Room:1" }) { id }';
  const fragment = `fragment F on Query { ${wrong} }`;

  test.each([
    [
      "a field",
      `query A($x: Boolean = false) { __typename a: ${wrong.replace(") {", ") @include(if: $x) {")} }`,
    ],
    ["an inline fragment", `query A($x: Boolean = false) { __typename ... @include(if: $x) { ${wrong} } }`],
    ["a spread", `query A($x: Boolean = false) { __typename ...F @include(if: $x) } ${fragment}`],
    [
      "a spread in a field that is left out",
      `query A($x: Boolean = false) { __typename ... @include(if: $x) { ...F } } ${fragment}`,
    ],
    [
      "a spread in a fragment that is left out",
      `query A($x: Boolean = false) { __typename ...G @include(if: $x) } ${fragment} fragment G on Query { ...F }`,
    ],
  ])("%s: refused with the variable that includes it, not refused without", async (_what, query) => {
    const one = await start();
    expect((await one.counted(query)).data).toEqual({ __typename: "Query" });
    for (let times = 0; times < 2; times++)
      expect(codes(await one.query(query, { x: true }))).toEqual(["BAD_USER_INPUT"]);
    expect((await one.counted(query, { x: false })).data).toEqual({ __typename: "Query" });
  });

  test("a fragment that only another operation spreads is not checked", async () => {
    const { address } = await start();
    const query = `query A { __typename } query B { ...F } ${fragment}`;
    const ask = async (operationName: string) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ query, operationName });
      const response = await fetch(`${address}/graphql`, { method: "POST", headers, body });
      return (await response.json()) as Answer;
    };
    expect(await ask("A")).toMatchObject({ data: { __typename: "Query" } });
    expect(codes(await ask("B"))).toEqual(["BAD_USER_INPUT"]);
  });

  test("a fragment spread twice, once omitted, is checked", async () => {
    const one = await start();
    const query = `{ __typename ...F @include(if: false) ...F } ${fragment}`;
    expect(codes(await one.query(query))).toEqual(["BAD_USER_INPUT"]);
  });
});
