import { expect, test } from "vitest";
import { describeWithPostgres, type Postgres, startPostgres } from "../support/postgres.ts";
import { eventually, join, prepareStore, ready, rename, startAlma } from "./members.ts";

/** The complete contents of a store. */
async function contentOf({ ask }: Postgres): Promise<string> {
  const tables = ["about", "lease", "beat", "nonce", "entry", "intent", "kept"];
  const rows = tables.map((table) =>
    ask(`SELECT convert_from(convert_to(t::text, 'UTF8'), 'UTF8') AS row FROM ${table} t`),
  );
  const text = JSON.stringify(await Promise.all(rows));
  return text + text.replace(/\\\\x([\da-f]*)/g, (_, hex) => Buffer.from(hex, "hex").toString("latin1"));
}

describeWithPostgres("with STORE_KEY, a Bitrix id", () => {
  test("is nowhere in the store in plain text, and is known to the standbys", async () => {
    const alma = await startAlma();
    const postgres = await startPostgres();
    await prepareStore(postgres, alma.url, Buffer.from("5".repeat(64), "hex"));
    const env = { STORE_KEY: "5".repeat(64), MAX_AGE: "600" };
    const first = await join(alma, postgres.url, env);
    await eventually(() => ready(first));
    const second = await join(alma, postgres.url, env);
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
    await eventually(() => second.gateway.catalog.store.lookups.client.peek("BX-7000456"));
    const content = await contentOf(postgres);
    expect(content).toContain(",client,");
    expect(content).not.toContain("record:");
    expect(content).not.toContain("lookup:");
    expect(content).not.toContain("BX-7000");
    await first.close();
    alma.log.clear();
    expect((await second.query(look)).data).toEqual(expected);
    expect(alma.log.entries.filter(({ path }) => path.includes("BX-7000"))).toEqual([]);
  }, 60_000);
});
