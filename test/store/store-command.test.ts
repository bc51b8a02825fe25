import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { runStoreCommand } from "../support/store-command.ts";
import { watchedFile } from "./sqlite/watched-file.ts";

const configOf = (storeUrl: string, almaUrl: string) =>
  loadConfig({ ALMA_URL: almaUrl, ALMA_API_KEY: "k", STORE_URL: storeUrl, STORE_KEY: "7b".repeat(32) });

test("erasing a client that nothing else refers to leaves no data", async () => {
  const { alma, path, start } = await watchedFile({ STORE_KEY: "off" });
  const first = await start();
  await first.read();
  await first.ask('{ client(ref: { externalId: "c-gone" }) { id } }');
  const { data } = await first.ask(
    `mutation { createClient(idempotencyKey: "k", input: { externalId: "c-gone", firstName: "Zelda", lastName: "Quist", email: "zelda@example.com", phone: "+97155" }) { client { almaId } } }`,
  );
  await first.read();
  await first.close();
  const settings = { ALMA_URL: alma.url, ALMA_API_KEY: "k", STORE_URL: `sqlite:${path}`, STORE_KEY: "off" };
  const { code, text } = await runStoreCommand(
    ["forget-client", `${data.createClient.client.almaId}`, "--verify"],
    () => loadConfig(settings),
  );
  expect(text).not.toContain("also in these places");
  expect(code).toBe(0);
  for (const part of ["", "-wal"])
    expect(await readFile(`${path}${part}`, "latin1").catch(() => "")).not.toMatch(
      /c-gone|Zelda|Quist|zelda@|97155/,
    );
});

test("reports an unknown client, an unknown command and a missing file in a sentence", async () => {
  const { alma, path, start } = await watchedFile();
  await (await start()).close();
  const run = (url: string, ...args: string[]) => runStoreCommand(args, () => configOf(url, alma.url));
  const url = `sqlite:${path}`;
  expect(await run(url, "forget-client", "9")).toMatchObject({
    code: 0,
    text: expect.stringContaining("0 record"),
  });
  for (const args of [
    [],
    ["forget-client"],
    ["forget-client", "x"],
    ["restored", "1"],
    ["forget-client", "1", "2"],
  ])
    expect(await run(url, ...args)).toMatchObject({
      code: 1,
      text: expect.stringContaining("forget-client ID"),
    });
  expect((await run(url, "--help")).code).toBe(0);
  expect((await run("memory:", "forget-client", "9")).text).toBe(
    "STORE_URL names nothing that lasts: nothing was done.\n",
  );
  expect((await run(`${url}-none`, "forget-client", "9")).text).toContain("which does not exist");
  const other = loadConfig({ ALMA_URL: alma.url, ALMA_API_KEY: "k", STORE_URL: url });
  expect((await runStoreCommand(["forget-client", "9"], () => other)).text).toContain(
    "is encrypted, and STORE_KEY is not set",
  );
});
