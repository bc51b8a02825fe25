import { expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { codes, type Stage, stages } from "../gateway.ts";

// Known records cost no call, and relations go both ways: a short query may select millions of records.

const size = { buildings: 1, units: 30, rooms: 0, clients: 0, tenantContracts: 0, ownerContracts: 0 };
const start = stages({}, () => portfolio(size));

/** The units of the building of the units of the building, nested `count` times: each level multiplies by 30. */
const rounds = (count: number): string => {
  const { open, close } = { open: "units { nodes { building { ".repeat(count), close: "} } }".repeat(count) };
  return `{ ${open} units { totalCount } ${close} }`;
};

/** A gateway whose catalog has all records. */
async function knowing(env: Record<string, string> = {}): Promise<Stage> {
  const one = await start(env);
  await one.query(rounds(1));
  expect((await one.counted(rounds(2))).calls).toBe(0);
  return one;
}

test("an answer that exceeds MAX_RESPONSE ends while it is executed", async () => {
  const { query } = await knowing({ MAX_RESPONSE: "300000" });
  const { data, errors, extensions } = await query(rounds(6));
  expect(data).toBeNull();
  expect(errors).toHaveLength(1);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringMatching(/more than the allowed 300000 bytes.*fewer/),
    extensions: { code: "LIMIT_EXCEEDED", limit: "MAX_RESPONSE" },
  });
  expect(extensions.alma.calls).toBe(0);
});

test("an answer of exactly the allowed size is complete", async () => {
  const { query } = await knowing();
  const whole = JSON.stringify((await query(rounds(2))).data);
  const { address } = await knowing({ MAX_RESPONSE: String(whole.length + 200) });
  const body = JSON.stringify({ query: rounds(2) });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${address}/graphql`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  expect(JSON.stringify(((await response.json()) as { data: unknown }).data)).toBe(whole);
});

test("other operations are answered while a long one is executed, which ends with its deadline", async () => {
  const { query, config } = await knowing();
  let isOver = false;
  const long = query(rounds(4)).finally(() => {
    isOver = true;
  });
  const health = await query("{ units(first: 1) { totalCount } }");
  expect(health.data.units.totalCount).toBe(size.units);
  expect(isOver).toBe(false);
  advance(config.deadline);
  expect(codes(await long)).toEqual(["DEADLINE_EXCEEDED"]);
});

test("an execution that yields to others gives the complete answer", async () => {
  const { query } = await knowing();
  const { data, errors } = await query(rounds(3));
  expect(errors).toBeUndefined();
  const text = JSON.stringify(data);
  expect(text.match(/"totalCount":30/g)).toHaveLength(size.units ** 3);
});
