import { expect, test } from "vitest";
import { start } from "../start.ts";

test("a write continues after its caller disconnects", async () => {
  const { address, data, simulator, query } = await start({ latency: 100 });
  const gone = new AbortController();
  const mutation =
    'mutation { updateUnit(ref: { externalId: "u-1" }, input: { name: "left" }) { unit { name } } }';
  const asked = fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: mutation }),
    signal: gone.signal,
  });
  while (simulator.log.total === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  gone.abort();
  await expect(asked).rejects.toThrow();
  while (data.units.get(1)?.name !== "left") await new Promise((resolve) => setTimeout(resolve, 5));
  // Alma has performed the write; the gateway shows it after the answer.
  const shown = async () => (await query("{ unit(ref: { almaId: 1 }) { name } }")).data.unit.name;
  while ((await shown()) !== "left") await new Promise((resolve) => setTimeout(resolve, 5));
});

test("a write is not started after the operation's deadline, and fails with DEADLINE_EXCEEDED", async () => {
  const { query, data } = await start({ latency: 70_000 }, { DEADLINE: "300", ALMA_TIMEOUT: "500" });
  const answer = await query(`mutation {
    a: updateUnit(ref: { almaId: 1 }, input: { name: "one", building: { almaId: 1001 } }) { userErrors { code } }
    b: updateUnit(ref: { almaId: 2 }, input: { name: "two", building: { almaId: 1001 } }) { userErrors { code } }
    c: updateRoom(ref: { almaId: 11 }, input: { number: "three" }) { userErrors { code } }
  }`);
  expect(answer.data).toEqual({ a: { userErrors: [] }, b: { userErrors: [] }, c: null });
  expect(answer.errors).toMatchObject([{ path: ["c"], extensions: { code: "DEADLINE_EXCEEDED" } }]);
  expect([data.units.get(2)?.name, data.rooms.get(11)?.number]).not.toContain("three");
});
