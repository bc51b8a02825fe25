import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../../src/config.ts";
import { createGateway, type Gateway } from "../../../src/gateway.ts";
import { createLog } from "../../../src/server/index.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../../src/simulator/index.ts";
import type { Answer } from "../../support/gateway.ts";

/** One of several gateways that share an engine, in this process. */
export interface TestMember {
  readonly gateway: Gateway;
  readonly address: string;
  query(query: string, headers?: Record<string, string>): Promise<Answer>;
  /** The body of `/health/ready`, and its status. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  ready(): Promise<any>;
  /** The messages of its log so far. */
  messages(): string[];
  close(): Promise<void>;
}

/** A simulated Alma that is closed when the test has finished. */
export async function startAlma(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** Starts a gateway that shares an engine. */
export async function join(
  simulator: Simulator,
  valkeyUrl: string,
  env: Record<string, string> = {},
): Promise<TestMember> {
  const config = loadConfig({
    PORT: "0",
    LOG_LEVEL: "info",
    ALMA_URL: simulator.url,
    ALMA_API_KEY: simulator.apiKey,
    ALMA_TIMEOUT: "2",
    VALKEY_URL: valkeyUrl,
    PEER_SECRET: "p".repeat(32),
    LEASE: "1",
    DRAIN_DELAY: "0",
    ...env,
  });
  const written: { msg: string; level: string }[] = [];
  const log = createLog(config.logLevel, {
    write(line) {
      written.push(JSON.parse(line));
      if (written.at(-1)?.level === "error" || process.env.SHOW_LOG) process.stderr.write(line);
    },
  });
  const gateway = await createGateway(config, log, { shutdownGrace: 0 });
  const address = await gateway.listen();
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await gateway.close();
  };
  onTestFinished(close);
  return {
    gateway,
    address,
    async query(query, headers) {
      const response = await fetch(`${address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as Answer;
    },
    async ready() {
      const response = await fetch(`${address}/health/ready`);
      return { code: response.status, ...(await response.json()) };
    },
    messages: () => written.map(({ msg }) => msg),
    close,
  };
}

/** Waits until something holds, looking at it again and again. */
export async function eventually<T>(look: () => T | Promise<T>, ms = 60_000): Promise<NonNullable<T>> {
  const until = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > until) throw new Error(`It did not hold within ${ms} ms: ${look}`);
    await sleep(20);
  }
}
