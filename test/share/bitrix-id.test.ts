import { expect, test } from "vitest";
import { describeWithValkey } from "../support/valkey.ts";
import { eventually, join, ready, rename, startAlma, startEngine } from "./members.ts";

const read: Record<string, readonly [string, ...string[]]> = {
  hash: ["HGETALL"],
  stream: ["XRANGE", "-", "+"],
  string: ["GET"],
};

/** All that an engine has, keys and values. */
async function contentOf(ask: (...command: string[]) => Promise<unknown>): Promise<string> {
  const keys = (await ask("KEYS", "*")) as string[];
  const values = keys.map(async (key) => {
    const [command = "", ...rest] = read[String(await ask("TYPE", key))] ?? [];
    return ask(command, key, ...rest);
  });
  return JSON.stringify([keys, await Promise.all(values)]);
}

describeWithValkey("with STORE_KEY, a Bitrix id", () => {
  test("stands nowhere in the engine in clear, and is known to the standbys", async () => {
    const valkey = await startEngine();
    const alma = await startAlma();
    const env = { STORE_KEY: "5".repeat(64), MAX_AGE: "600" };
    const first = await join(alma, valkey.url, env);
    await eventually(() => ready(first));
    const second = await join(alma, valkey.url, env);
    await eventually(() => ready(second));
    const { id = 0 } = alma.data.buildings.all()[0] ?? {};
    const { id: unitId = 0 } = alma.data.units.all()[0] ?? {};
    alma.data.units.change(unitId, { external_id: "BX-7000123" });
    const look = `{ unit(ref: { externalId: "BX-7000123" }) { almaId }
      rentalObject(ref: { externalId: "BX-7000123" }) { __typename }
      none: client(ref: { externalId: "BX-7000456" }) { almaId } }`;
    const expected = { unit: { almaId: unitId }, rentalObject: { __typename: "Unit" }, none: null };
    expect((await first.query(look)).data).toEqual(expected);
    await first.query(rename(id, "second", "deal BX-7000789"));
    await eventually(() => second.gateway.catalog.store.tables.client.lookups.peek("BX-7000456"));
    const content = await contentOf(valkey.ask);
    expect(content).toContain("record:client:");
    expect(content).not.toContain("lookup:");
    expect(content).not.toContain("BX-7000");
    await first.close();
    alma.log.clear();
    expect((await second.query(look)).data).toEqual(expected);
    expect(alma.log.entries.filter(({ path }) => path.includes("BX-7000"))).toEqual([]);
  }, 60_000);
});
