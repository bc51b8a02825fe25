import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { createSimulator } from "../../simulator/index.ts";
import { countIntents, eventually, prepareStore } from "../share/members.ts";
import { household } from "../simulator/alma.ts";
import { type StartedGateway, startInFront } from "../support/gateway.ts";
import { has } from "../support/has.ts";
import { describeWithPostgres, startPostgres } from "../support/postgres.ts";
import { storeFolder } from "./sqlite/folder.ts";
import { runSql } from "./sqlite/run-sql.ts";

/** Texts that a database may refuse or change. */
const poisons = {
  long: randomBytes(30_000).toString("base64"),
  NUL: "a\0b\0",
  "half an emoji": "\uD83D",
  "the other half": "b\uDE00",
  "a mark of our own": "\u001A{",
  "four bytes": "😀🏙️",
  "an escape": "\\u0000",
};
const all = Object.entries(poisons);

const readAll = `query @freshness(maxAge: 0) { buildings { nodes { address number } } units { nodes { address header name externalId } }
  rooms { nodes { header number } } ownerContracts { nodes { name number } }
  clients { nodes { firstName lastName phone email } } tenantContracts { nodes { name number } } }`;

async function changesOf({
  query,
}: Pick<StartedGateway, "query">): Promise<readonly { readonly after: string }[]> {
  if (!has("history")) return [];
  return (await query("{ changes(first: 1000) { nodes { recordId field before after } } }")).data.changes
    .nodes;
}

/** Fields that Alma shows as text, with any content. */
const textFields =
  /^(name|number|address|header|description|first_name|last_name|phone|email|middle_name|keybox_code)$/;

interface Store {
  readonly env: Record<string, string>;
  ask(sql: string): Promise<readonly Record<string, unknown>[]>;
}

async function tryPoisons({ env, ask }: Store, almaOf: (url: string) => Promise<void>) {
  const alma = await createSimulator({ size: 0, data: household });
  onTestFinished(() => alma.close());
  await almaOf(alma.url);
  const start = async () => {
    const settings = { LOG_LEVEL: "silent", CATALOG_MAX_AGE: "3600", MAX_AGE: "3600", CATALOG: "on" };
    const gateway = await startInFront(alma, { ...settings, ...env });
    onTestFinished(gateway.close);
    const health = async () => (await fetch(`${gateway.address}/health/ready`)).json();
    await eventually(async () => (await health()).status === "ready");
    return { ...gateway, health };
  };
  const first = await start();
  expect((await first.query(readAll)).errors).toBeUndefined();
  const { data } = alma;
  const tables = [
    data.buildings,
    data.units,
    data.rooms,
    data.clients,
    data.ownerContracts,
    data.tenantContracts,
  ];
  for (const [, text] of all) {
    for (const table of tables)
      for (const row of table.all() as unknown as readonly (Record<string, unknown> & {
        readonly id: number;
      })[]) {
        const texts = Object.keys(row).filter((name) => textFields.test(name));
        table.change(row.id, Object.fromEntries(texts.map((name) => [name, text])) as never);
      }
    expect((await first.query(readAll)).errors).toBeUndefined();
    // Values that callers choose. Validation may refuse them; the store accepts everything that passes.
    const ref =
      "query ($ref: Ref!) { unit(ref: $ref) { id } room(ref: $ref) { id } client(ref: $ref) { id } }";
    await first.query(ref, { ref: { externalId: text } });
    if (has("history"))
      await first.query("query ($after: String) { changes(after: $after) { knownSince } }", { after: text });
    const update = `mutation ($key: String, $text: String) {
      updateUnit(ref: { almaId: 1 }, idempotencyKey: $key, input: { description: $text }) { userErrors { code } } }`;
    await first.query(update, { key: text.slice(0, 200), text });
    const job = `mutation ($document: String!, $rows: [JSON!]!, $key: String) {
      startJob(document: $document, rows: $rows, idempotencyKey: $key) { job { id } } }`;
    const document =
      "mutation ($text: String) { updateUnit(ref: { almaId: 1 }, input: { header: $text }) { unit { id } } }";
    if (has("jobs")) await first.query(job, { document, rows: [{ text }], key: text.slice(0, 200) });
  }
  data.units.change(1, { external_id: poisons["half an emoji"] });
  data.clients.change(252, { external_id: poisons.NUL });
  const shown = await first.query(readAll);
  const told = await changesOf(first);
  expect(shown.errors).toBeUndefined();
  if (has("history")) expect(new Set(told.map(({ after }) => after)).size).toBeGreaterThan(6);
  // The store contains all of it.
  await eventually(async () => Number((await ask("SELECT count(*) AS n FROM intent"))[0]?.n) === 0);
  expect(await first.health()).not.toHaveProperty("store");
  expect(await ask("SELECT * FROM refused")).toEqual([]);
  for (const { key } of await ask("SELECT key FROM entry")) expect(String(key)).toHaveLength(22);
  await first.close();
  alma.log.clear();
  const second = await start();
  expect((await second.query(readAll.replace("query @freshness(maxAge: 0)", "query"))).data).toEqual(
    shown.data,
  );
  expect((await changesOf(second)).slice(0, told.length)).toEqual(told);
  return ask;
}

test.each([["with"], ["without"]])("SQLite keeps every text unchanged, %s a key", async (how) => {
  const { path } = await storeFolder();
  const STORE_KEY = how === "with" ? "7b".repeat(32) : "off";
  const env = { STORE_URL: `sqlite:${path}`, STORE_KEY };
  const ask = await tryPoisons({ env, ask: async (sql) => runSql(path, sql) }, async () => {});
  for (const view of ["unit", "client", "building", "record_change"]) await ask(`SELECT * FROM ${view}`);
});

describeWithPostgres("in PostgreSQL", () => {
  test("texts are kept unchanged, and SQL readers see them", async () => {
    const postgres = await startPostgres();
    const env = { STORE_URL: postgres.url, PEER_SECRET: "p".repeat(32), LEASE: "1", DRAIN_DELAY: "0" };
    const ask = await tryPoisons({ env, ask: (sql) => postgres.ask(sql) }, (url) =>
      prepareStore(postgres, url),
    );
    for (const view of ["unit", "client", "building", ...(has("history") ? ["record_change"] : [])])
      expect((await ask(`SELECT * FROM alma.${view}`)).length).toBeGreaterThan(0);
    expect(await countIntents(postgres)).toBe(0);
  }, 180_000);
});
