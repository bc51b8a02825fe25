import { expect, test } from "vitest";
import { portfolio } from "../alma/portfolio.ts";
import { codes, type Stage, stages } from "../gateway.ts";

// What is known costs no call, and links lead back and forth: a short query may ask for millions of records.

const size = { buildings: 1, units: 30, rooms: 0, clients: 0, tenantContracts: 0, ownerContracts: 0 };
const start = stages({}, () => portfolio(size));

/** The units of the building of the units of the building, so many times: 30 times as many with each. */
const rounds = (count: number): string => {
  const { open, close } = { open: "units { nodes { building { ".repeat(count), close: "} } }".repeat(count) };
  return `{ ${open} units { totalCount } ${close} }`;
};

/** A gateway that knows all of it. */
async function knowing(env: Record<string, string> = {}): Promise<Stage> {
  const one = await start(env);
  await one.query(rounds(1));
  expect((await one.counted(rounds(2))).calls).toBe(0);
  return one;
}

test("an answer that outgrows MAX_RESPONSE is given up while it is made", async () => {
  const { query } = await knowing({ MAX_RESPONSE: "300000" });
  const { data, errors, extensions } = await query(rounds(6));
  expect(data).toBeNull();
  expect(errors).toHaveLength(1);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringMatching(/more than 300000 bytes.*MAX_RESPONSE.*fewer/),
    extensions: { code: "LIMIT_EXCEEDED", limit: "MAX_RESPONSE" },
  });
  expect(extensions.alma.calls).toBe(0);
});

test("one that is as large as allowed is answered", async () => {
  const { query } = await knowing();
  const whole = JSON.stringify((await query(rounds(2))).data);
  const { address } = await knowing({ MAX_RESPONSE: String(whole.length + 200) });
  const body = JSON.stringify({ query: rounds(2) });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${address}/graphql`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  expect(JSON.stringify(((await response.json()) as { data: unknown }).data)).toBe(whole);
});

test("others are answered while a long one is made, and it ends with its time", async () => {
  const { query } = await knowing({ DEADLINE: "2" });
  let isOver = false;
  const long = query(rounds(4)).finally(() => {
    isOver = true;
  });
  const health = await query("{ units(first: 1) { totalCount } }");
  expect(health.data.units.totalCount).toBe(size.units);
  expect(isOver).toBe(false);
  expect(codes(await long)).toEqual(["DEADLINE_EXCEEDED"]);
});

test("what takes its turns is the same answer", async () => {
  const { query } = await knowing();
  const { data, errors } = await query(rounds(3));
  expect(errors).toBeUndefined();
  const text = JSON.stringify(data);
  expect(text.match(/"totalCount":30/g)).toHaveLength(size.units ** 3);
});
