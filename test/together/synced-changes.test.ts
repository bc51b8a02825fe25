import { expect, test } from "vitest";
import { apartment } from "../bitrix/item/items.ts";
import { watch } from "../history/watch.ts";

test("all changes of one sync of Bitrix items belong to one operation", async () => {
  const { ask, read, changes } = await watch();
  const sync =
    "mutation ($items: [BitrixItemInput!]!) { syncBitrix(items: $items) { items { action userErrors { code } } } }";
  const synced = await ask(sync, { items: [apartment(901), apartment(902)] });
  expect(synced.data.syncBitrix.items).toMatchObject([{ action: "CREATED" }, { action: "CREATED" }]);
  await ask(sync, { items: [apartment(901, { ufCrm6_1718821717: "Elsewhere 1" })] });
  await read();
  const { nodes } = await changes();
  const written = nodes.filter(({ origin }: { origin: string }) => origin === "WRITE");
  const made = written.filter(({ event }: { event: string }) => event === "APPEARED");
  expect(made.length).toBeGreaterThanOrEqual(2);
  const requests = written.map(({ by }: { by: { requestId: string } }) => by.requestId);
  expect(new Set(requests.slice(0, made.length)).size).toBe(1);
  expect(new Set(requests).size).toBe(2);
  for (const { by } of nodes) expect(by).toMatchObject({ operation: "syncBitrix" });
  expect(written.at(-1)).toMatchObject({ field: "address", after: "Elsewhere 1" });
});
