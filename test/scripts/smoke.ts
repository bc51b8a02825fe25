import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator } from "../../simulator/index.ts";

/**
 * Starts the output of `npm run build` over a simulated Alma, sends a health check, a query and a dry-run write, and
 * stops it.
 * Exits with 1 if one of these fails.
 */
const PORT = 4_900 + (process.pid % 90);
const address = `http://127.0.0.1:${PORT}`;
const simulator = await createSimulator({ size: 1 });
const gateway = spawn(process.execPath, ["dist/main.js"], {
  env: {
    PATH: process.env.PATH,
    PORT: `${PORT}`,
    ALMA_URL: simulator.url,
    ALMA_API_KEY: simulator.apiKey,
    LOG_LEVEL: "error",
    DRAIN_DELAY: "0",
  },
  stdio: "inherit",
});
const exited = once(gateway, "exit");

async function ask(query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as {
    readonly data: Record<string, unknown>;
    readonly errors?: unknown;
  };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function whenReady(): Promise<void> {
  for (let tries = 0; ; tries++) {
    if (gateway.exitCode !== null) throw new Error("The gateway has ended.");
    const health = await fetch(`${address}/health/ready`).catch(() => undefined);
    if (health?.status === 200) return;
    if (tries > 600) throw new Error("The gateway does not become ready.");
    await sleep(100);
  }
}

try {
  await whenReady();
  const { units } = (await ask("{ units(first: 1) { totalCount nodes { id address } } }")) as {
    readonly units: { readonly totalCount: number; readonly nodes: readonly { readonly id: string }[] };
  };
  if (units.totalCount === 0) throw new Error("There are no units.");
  const write = `mutation { updateUnit(ref: { id: "${units.nodes[0]?.id}" }, input: { address: "Elsewhere" }, dryRun: true) { unit { id } userErrors { message } } }`;
  const { updateUnit } = (await ask(write)) as {
    readonly updateUnit: { readonly userErrors: readonly unknown[] };
  };
  if (updateUnit.userErrors.length > 0) throw new Error(JSON.stringify(updateUnit));
  process.stdout.write(`healthy, with ${units.totalCount} units\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
gateway.kill("SIGTERM");
const [code] = await exited;
if (code !== 0) process.exitCode = 1;
await simulator.close();
