import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { runStoreCommand } from "../../src/store/index.ts";
import { runSql } from "./sqlite/run-sql.ts";
import { watchedFile } from "./sqlite/watched-file.ts";

const configOf = (storeUrl: string, almaUrl: string) =>
  loadConfig({ ALMA_URL: almaUrl, ALMA_API_KEY: "k", STORE_URL: storeUrl, STORE_KEY: "7b".repeat(32) });

test("a client is erased from a file that no gateway uses: its record, its changes, its keys; the others stay", async () => {
  // Without a key, whatever is left of the values would be seen.
  const { alma, data, path, start } = await watchedFile({ STORE_KEY: "off" });
  const config = loadConfig({
    ALMA_URL: alma.url,
    ALMA_API_KEY: "k",
    STORE_URL: `sqlite:${path}`,
    STORE_KEY: "off",
  });
  const erase = (...args: string[]) => runStoreCommand(args, config);
  const first = await start();
  await first.read();
  data.clients.change(252, { first_name: "Formerly", email: "former@example.com" });
  data.clients.change(251, { first_name: "Stays" });
  await first.read();
  await first.ask(`{ client(ref: { externalId: "c-252" }) { almaId } }`);
  await first.ask(
    'mutation { updateClient(ref: { almaId: 252 }, idempotencyKey: "k", input: { phone: "+97150" }) { userErrors { code } } }',
  );
  expect(erase("forget-client", "252")).toMatchObject({
    code: 1,
    text: expect.stringContaining("another process is using"),
  });
  await first.close();
  const names = /Formerly|former@example|Omar|omar@example|97150/;
  expect(await readFile(path, "latin1")).toMatch(names);
  const { code, text } = erase("forget-client", "252");
  expect(code).toBe(0);
  expect(text).toMatch(
    /^Erased of client 252: 1 record, 1 of its Bitrix ids, the values of 3 changes, and 1 kept/,
  );
  expect(text).toContain("Backups of the file are yours to erase.");
  for (const part of ["", "-wal"])
    expect(await readFile(`${path}${part}`, "latin1").catch(() => "")).not.toMatch(names);
  const changed =
    "SELECT id, field, after, is_withheld FROM record_change WHERE kind = 'client' ORDER BY id, field";
  expect(runSql(path, changed)).toEqual([
    { id: 251, field: "firstName", after: "Stays", is_withheld: 0 },
    { id: 252, field: "email", after: null, is_withheld: 1 },
    { id: 252, field: "firstName", after: null, is_withheld: 1 },
    { id: 252, field: "phone", after: null, is_withheld: 1 },
  ]);
  expect(runSql(path, "SELECT id FROM client")).toEqual([{ id: 251 }]);
  alma.log.clear();
  const second = await start();
  const log = await second.ask(
    "{ client(ref: { almaId: 252 }) { firstName changeLog { nodes { field after isWithheld } } } }",
  );
  expect(log.data.client.firstName).toBe("Formerly");
  expect(log.data.client.changeLog.nodes).toEqual(
    ["phone", "email", "firstName"].map((field) => ({ field, after: null, isWithheld: true })),
  );
  expect(erase("forget-client", "9999")).toMatchObject({ code: 1 });
});

test("a client of whom nothing is known is told as such; what is no such command, or no file, is a sentence", async () => {
  const { alma, path, start } = await watchedFile();
  await (await start()).close();
  const run = (url: string, ...args: string[]) => runStoreCommand(args, configOf(url, alma.url));
  const url = `sqlite:${path}`;
  expect(run(url, "forget-client", "9")).toMatchObject({
    code: 0,
    text: expect.stringContaining("0 record"),
  });
  for (const args of [[], ["forget-client"], ["forget-client", "x"], ["restored", "1"]])
    expect(run(url, ...args)).toMatchObject({ code: 1, text: expect.stringContaining("forget-client ID") });
  expect(run(url, "--help").code).toBe(0);
  expect(run("memory:", "forget-client", "9").text).toBe("STORE_URL names no file: nothing is erased.\n");
  expect(run(`${url}-none`, "forget-client", "9").text).toContain("which does not exist");
  const other = loadConfig({ ALMA_URL: alma.url, ALMA_API_KEY: "k", STORE_URL: url });
  expect(runStoreCommand(["forget-client", "9"], other).text).toContain(
    "is encrypted, and STORE_KEY is not set",
  );
});
