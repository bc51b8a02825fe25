import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { eventually, startPair } from "../share/members.ts";
import { watchedFile } from "../store/sqlite/watched-file.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { runStoreCommand } from "../support/store-command.ts";

const configOf = (storeUrl: string, almaUrl: string) =>
  loadConfig({ ALMA_URL: almaUrl, ALMA_API_KEY: "k", STORE_URL: storeUrl, STORE_KEY: "7b".repeat(32) });

test("a file marked as restored counts as outdated: Alma is read again, and history starts again", async () => {
  const { alma, data, path, start } = await watchedFile();
  const first = await start();
  await first.read();
  const { endCursor } = (await first.ask("{ changes { pageInfo { endCursor } } }")).data.changes.pageInfo;
  await first.close();
  const { code, text } = await runStoreCommand(["restored"], () => configOf(`sqlite:${path}`, alma.url));
  expect([code, text]).toEqual([0, expect.stringContaining("count as outdated")]);
  data.clients.change(252, { first_name: "Outside" });
  const second = await start();
  expect((await second.ask("{ client(ref: { almaId: 252 }) { firstName } }")).data.client.firstName).toBe(
    "Outside",
  );
  const { errors } = await second.ask(`{ changes(after: "${endCursor}") { nodes { field } } }`);
  expect(errors?.[0]?.extensions.code).toBe("CURSOR_EXPIRED");
});

describeWithPostgres("in PostgreSQL", () => {
  test("a client is erased while no gateway leads, and a restored backup is marked as such", async () => {
    const { postgres, alma, leader, standby } = await startPair({ MAX_AGE: "3600", ALMA_TIMEOUT: "1" });
    const [{ id = 0 } = {}] = alma.data.clients.all();
    await leader.query(`{ client(ref: { almaId: ${id} }) { phone } }`);
    const write = `mutation { updateClient(ref: { almaId: ${id} }, idempotencyKey: "k", input: { phone: "+97150123" }) {
      userErrors { code } } }`;
    expect((await leader.query(write)).data.updateClient.userErrors).toEqual([]);
    await eventually(async () => (await postgres.ask("SELECT FROM change WHERE field = 'phone'")).length > 0);
    const start = `mutation { startJob(
      document: "mutation ($ref: Ref!) { updateClient(ref: $ref, input: { lastName: \\"Ross\\" }) { userErrors { code } } }"
      rows: [{ ref: { almaId: ${id} } }, { ref: { almaId: ${id + 1} } }]) { job { id } } }`;
    expect((await leader.query(start)).data.startJob.job.id).toEqual(expect.any(String));
    await eventually(async () =>
      (await leader.query("{ jobs { state } }")).data.jobs.every(
        ({ state }: { state: string }) => state === "OVER",
      ),
    );
    const config = loadConfig({
      ALMA_URL: alma.url,
      ALMA_API_KEY: "k",
      STORE_URL: postgres.url,
      PEER_SECRET: "p".repeat(32),
    });
    const run = (...args: string[]) => runStoreCommand(args, () => config);
    expect(await run("forget-client", String(id))).toMatchObject({
      code: 1,
      text: expect.stringContaining("is used by a gateway"),
    });
    const phone = `{ client(ref: { almaId: ${id} }) { phone } }`;
    await standby.query(phone);
    alma.data.clients.change(id, { phone: "+97150999" });
    expect(await run("restored")).toMatchObject({
      code: 0,
      text: expect.stringContaining("count as outdated"),
    });
    await eventually(async () => (await standby.query(phone)).data?.client?.phone === "+97150999");
    // Outdated entries are stored again when they are read.
    await eventually(async () => (await postgres.ask(`SELECT id FROM client WHERE id = ${id}`)).length > 0);
    // Until then, the next leader would start with nothing.
    await eventually(async () => (await postgres.ask("SELECT FROM beat WHERE run <> ''")).length > 0);
    await standby.close();
    await leader.close();
    // A process was killed before it stored the outcome of its rows.
    await postgres.ask("DELETE FROM kept WHERE name LIKE '% outcomes %'");
    const { code, text } = await run("forget-client", String(id));
    expect(text).toContain(`Erased of client ${id}: 1 record`);
    expect(text).toContain("1 rows of jobs, 0 of these jobs completely");
    const [lives] = await postgres.ask(
      "SELECT count(*)::int AS parts, count(DISTINCT ends)::int AS ends FROM kept WHERE name LIKE 'job:% %'",
    );
    // They end with their job.
    expect(lives).toEqual({ parts: 2, ends: 1 });
    expect(code).toBe(0);
    expect(await postgres.ask(`SELECT id FROM client WHERE id = ${id}`)).toEqual([]);
    const values = await postgres.ask(
      `SELECT before, after FROM change WHERE kind = 'client' AND id = ${id} AND field = 'phone'`,
    );
    expect(values.every(({ before, after }) => before === null && after === null)).toBe(true);
    expect(values.length).toBeGreaterThan(0);
  }, 120_000);
});
