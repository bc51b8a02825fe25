import { fileURLToPath } from "node:url";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../simulator/index.ts";
import type { Config } from "../../src/config/config.ts";
import { createGateway, type Gateway, type TestOptions } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";
import { testConfigOf } from "./config.ts";
import { postJson } from "./post.ts";
import { executableSchema } from "./schema.ts";

/** A GraphQL response. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly argument?: string; readonly since?: string };
  }[];
  readonly extensions: {
    readonly alma: {
      readonly calls: number;
      readonly reused: number;
      readonly oldest: string | null;
      readonly kept?: true;
    };
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
    readonly explain?: any;
  };
}

/** A gateway in this process and a client of it. */
export interface StartedGateway {
  readonly gateway: Gateway;
  readonly address: string;
  readonly config: Config;
  query(query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** The log lines so far; with a message, only its lines. */
  lines(message?: string): Record<string, unknown>[];
  /** Closes it on the first call. */
  close(): Promise<void>;
}

/** A complete gateway over a simulated Alma, both on real HTTP, and a client of it. */
export interface TestGateway extends Omit<StartedGateway, "gateway"> {
  readonly simulator: Simulator;
  /** Its knowledge of Alma. */
  readonly catalog: StartedGateway["gateway"]["catalog"];
  /** The requests that Alma got since the last call of `asked`: `GET realty/units/1/`. */
  asked(): string[];
  /** Resolves when the warm-up is over. */
  warm(): Promise<void>;
}

/** An empty report folder. Built-in reports are read and checked at the start. */
export const withoutReports = fileURLToPath(new URL(".", import.meta.url));

/**
 * Starts a gateway over an Alma, on a free port. `env` has its settings; by default the catalog is off and there are no
 * reports and imports. An empty REPORTS enables the built-in ones.
 */
export async function startInFront(
  { url, apiKey }: Pick<Simulator, "url" | "apiKey">,
  env: Readonly<Record<string, string>> = {},
  options: TestOptions = {},
): Promise<StartedGateway> {
  const config = testConfigOf({
    PORT: "0",
    CATALOG: "off",
    LOG_LEVEL: "error",
    REPORTS: withoutReports,
    IMPORTS: env.REPORTS === "" ? "" : withoutReports,
    ALMA_URL: url,
    ALMA_API_KEY: apiKey,
    ...env,
  });
  const written: Record<string, unknown>[] = [];
  const log = createLog(config.logLevel, {
    write(line) {
      written.push(JSON.parse(line));
      if (written.at(-1)?.level === "error" || process.env.SHOW_LOG) process.stderr.write(line);
    },
  });
  const gateway = await createGateway(config, log, {
    shutdownGrace: 0,
    ...(!options.capabilities && { executable: executableSchema() }),
    ...options,
  });
  const address = await gateway.listen();
  let closed: Promise<void> | undefined;
  return {
    gateway,
    address,
    config,
    query: (query, variables, headers) =>
      postJson(`${address}/graphql`, { query, variables }, headers) as Promise<Answer>,
    lines: (message) => written.filter((line) => message === undefined || line.msg === message),
    close() {
      closed ??= gateway.close();
      return closed;
    },
  };
}

/**
 * Starts a gateway over a simulated Alma, like `startInFront`. `linkNetwork` resolves the host names in links to files.
 */
export async function startGateway(
  options: SimulatorOptions = {},
  env: Record<string, string> = {},
  linkNetwork: TestOptions["linkNetwork"] = {},
): Promise<TestGateway> {
  const simulator = await createSimulator(options);
  const { gateway, ...started } = await startInFront(simulator, env, { linkNetwork });
  return {
    ...started,
    simulator,
    catalog: gateway.catalog,
    asked() {
      const asked = simulator.log.entries.map(
        ({ method, path }) => `${method} ${path.replace("/external_api/", "")}`,
      );
      simulator.log.clear();
      return asked;
    },
    async warm() {
      while (!gateway.catalog.progress().warm) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    async close() {
      await started.close();
      await simulator.close();
    },
  };
}
