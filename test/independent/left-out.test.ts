import { describe, expect, test } from "vitest";
import { portfolio } from "./alma/portfolio.ts";
import { stages } from "./gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({}, () => portfolio(size));

describe("what @skip and @include leave out is not read, whatever the same document read before", () => {
  /** Queries for units with an address, which no list tells, if `$full`. */
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
