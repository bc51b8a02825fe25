import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSimulator } from "../../simulator/index.ts";
import { watchAlmaKey } from "../../src/config/setting-file.ts";
import { createGateway, readConfig } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";

function keyFile(content: string) {
  const folder = mkdtempSync(join(tmpdir(), "alma-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "key");
  writeFileSync(path, content);
  return {
    path,
    /** Replaces the file, as an orchestrator does with a mounted secret. */
    replace(next: string) {
      writeFileSync(`${path}.new`, next);
      renameSync(`${path}.new`, path);
    },
  };
}

const env = { ALMA_URL: "http://127.0.0.1:1/external_api/", PORT: "0", LOG_LEVEL: "silent" };

/** Advances the time until a changed file is checked again. */
const passTime = () => vi.advanceTimersByTime(4_000);

test("Alma's key is read again when its file changes, and kept while the file has none", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const file = keyFile("first\n");
  const config = readConfig({ ...env, ALMA_API_KEY_FILE: file.path });
  const key = watchAlmaKey(config, createLog("silent"));
  const keys = [key()];
  for (const content of ["second", "", "two\nlines", "third"]) {
    file.replace(content);
    passTime();
    keys.push(key());
  }
  expect(keys).toEqual(["first", "second", "second", "second", "third"]);
});

test("a gateway continues with a new key of Alma without a restart", async () => {
  const simulator = await createSimulator({ size: 1, apiKey: "new" });
  const file = keyFile("old");
  const settings = { ...env, ALMA_URL: simulator.url, ALMA_API_KEY_FILE: file.path, CATALOG: "off" };
  const gateway = await createGateway(readConfig(settings), createLog("silent"), { shutdownGrace: 0 });
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
  });
  const address = await gateway.listen();
  const ask = async () => {
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "{ buildings { totalCount } }" }),
    });
    return (await response.json()) as { data: { buildings: { totalCount: number } | null } };
  };
  expect((await ask()).data.buildings).toBeNull();
  file.replace("new");
  await vi.waitUntil(async () => (await ask()).data.buildings !== null, { timeout: 30_000, interval: 200 });
});
