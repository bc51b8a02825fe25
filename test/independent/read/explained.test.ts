import { describe, expect, test } from "vitest";
import { portfolio } from "../alma/portfolio.ts";
import { type Stage, stage } from "../gateway.ts";
import { rowsOf } from "./calls.ts";

const small = portfolio({
  buildings: 10,
  units: 110,
  rooms: 80,
  clients: 120,
  tenantContracts: 90,
  ownerContracts: 30,
});
const rows = rowsOf(small);

/** Enough for each query to find both known and unknown data. */
const few = portfolio({
  buildings: 3,
  units: 30,
  rooms: 60,
  clients: 12,
  tenantContracts: 10,
  ownerContracts: 4,
});
const fewRows = rowsOf(few);

interface Total {
  readonly expected: number;
}

/** Explains a query without a call, then runs it. Returns the explanation and the calls that Alma received. */
async function explainAndAsk({ alma, query }: Stage, text: string) {
  alma.asked();
  const explained = await query(text.replace("{", "query Q @explain {"));
  expect(explained.errors).toBeUndefined();
  expect(explained.data).toBeNull();
  expect(alma.paths()).toEqual([]);
  const { exact, total } = explained.extensions.explain as { exact: boolean; total: Total };
  const answer = await query(text.replace("{", "query Q @explain(data: true) {"));
  const made = alma.paths().length;
  expect(answer.extensions.explain.total).toEqual({ expected: made });
  return { exact, total, made, data: answer.data };
}

describe("an explained query makes exactly the explained calls, and answers as usual", () => {
  test.each(rows)("cold, then warm: $name", async ({ query, answer, calls }) => {
    const cold = await stage(small);
    const first = await explainAndAsk(cold, query);
    const again = await explainAndAsk(cold, query);
    await cold.close();
    expect(first.data).toEqual(answer);
    expect(first.made).toBe(calls);
    if (first.exact) expect(first.total.expected).toBe(calls);
    expect(again).toMatchObject({ exact: true, total: { expected: 0 }, made: 0 });
  });

  test("half warm: after each of the queries, each of the others", async () => {
    for (const one of fewRows) {
      const half = await stage(few);
      await half.query(one.query);
      for (const { query, answer } of fewRows) {
        const { exact, total, made, data } = await explainAndAsk(half, query);
        expect(data).toEqual(answer);
        if (exact) expect(total).toEqual({ expected: made });
      }
      await half.close();
    }
  }, 120_000);
});

test("with a warm catalog, connections are explained to cost nothing", async () => {
  const warm = await stage(small, { env: { CATALOG: "on", MAX_AGE: "0.001" } });
  await warm.warm();
  for (const { query, warm: calls } of rows) {
    const { exact, total, made } = await explainAndAsk(warm, query);
    if (calls === 0) expect([query, exact, total.expected, made]).toEqual([query, true, 0, 0]);
    if (exact) expect(made).toBe(total.expected);
  }
  await warm.close();
});
