import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../../simulator/index.ts";
import type { Answer } from "../../support/gateway.ts";
import { type Process, spawnGateway } from "../../support/process.ts";
import { storeFolder } from "./folder.ts";

const KEY = "7b".repeat(32);

/** A simulated Alma, and gateways in their own processes that follow each other on one file. */
export async function succession(options: SimulatorOptions, env: Record<string, string> = {}) {
  const alma = await createSimulator(options);
  const { path } = await storeFolder();
  const spawn = (more: Record<string, string> = {}) =>
    spawnGateway({
      ALMA_URL: alma.url,
      ALMA_API_KEY: alma.apiKey,
      CATALOG_MAX_AGE: "86400",
      STORE_URL: `sqlite:${path}`,
      STORE_KEY: KEY,
      ...env,
      ...more,
    });
  return { alma, path, spawn };
}

export async function ask(gateway: Process, query: string) {
  const response = await fetch(`${await gateway.address()}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

export async function warm(gateway: Process): Promise<void> {
  const address = await gateway.address();
  while ((await fetch(`${address}/health/ready`)).status !== 200) await sleep(50);
}

export async function end(gateway: Process, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  gateway.child.kill(signal);
  await gateway.exit;
}

/** Alma's requests since the last call of this function. */
export function asked({ log }: Simulator): string[] {
  const entries = log.entries.map(({ method, path }) => `${method} ${path.replace("/external_api/", "")}`);
  log.clear();
  return entries;
}

/** Requests for one record, which no refresh makes while CATALOG_MAX_AGE is a day. */
export const details = (calls: readonly string[]) => calls.filter((call) => /\/\d+\/$/.test(call));
