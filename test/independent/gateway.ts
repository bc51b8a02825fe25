import { afterAll } from "vitest";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { createGateway, type Gateway } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";
import { skipWaiting, until } from "../support/clock.ts";
import { withoutReports } from "../support/gateway.ts";
import { postJson } from "../support/post.ts";
import type { Fault } from "./alma/fault.ts";
import type { Quirks } from "./alma/quirk.ts";
import type { World } from "./alma/world.ts";
import { type StandIn, startAlma } from "./alma.ts";

/** A GraphQL response. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
  readonly data: any;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly argument?: string };
  }[];
  readonly extensions: {
    readonly alma: { readonly calls: number; readonly reused: number; readonly oldest: string | null };
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for.
    readonly explain?: any;
  };
}

/** A whole gateway over an independent Alma, and a client of it. */
export interface Stage {
  readonly alma: StandIn;
  readonly config: Config;
  readonly gateway: Gateway;
  readonly address: string;
  query(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The data of an answer, and the number of requests that Alma got for it. Throws if there are errors. */
  counted(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<{ data: Answer["data"]; calls: number }>;
  /** Resolves when the warm-up is over; moves the clock on to that. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

/** How a gateway and its Alma differ from the defaults. */
interface Setting {
  readonly quirks?: Partial<Quirks>;
  /** Faults that are in force from the first call on. */
  readonly faults?: readonly Fault[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a gateway over a world. `env` are its settings; the catalog is off and there are no reports unless they say
 * otherwise: with an empty REPORTS, those that come with the gateway.
 */
export async function stage(
  world?: World,
  { quirks = {}, faults = [], env = {} }: Setting = {},
): Promise<Stage> {
  const alma = await startAlma(world, quirks);
  for (const fault of faults) alma.faults.add(fault);
  const config = loadConfig({
    PORT: "0",
    CATALOG: "off",
    LOG_LEVEL: "silent",
    REPORTS: withoutReports,
    ALMA_URL: alma.url,
    ALMA_API_KEY: alma.apiKey,
    ...env,
  });
  const gateway = await createGateway(config, createLog(config.logLevel), { shutdownGrace: 0 });
  const address = await gateway.listen();
  const query: Stage["query"] = (text, variables) =>
    skipWaiting(postJson(`${address}/graphql`, { query: text, variables }) as Promise<Answer>);
  return {
    alma,
    config,
    gateway,
    address,
    query,
    async counted(text, variables) {
      alma.asked();
      const answer = await query(text, variables);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors.slice(0, 3)));
      return { data: answer.data, calls: alma.asked().length };
    },
    warm: () => until(() => gateway.catalog.progress().warm),
    async close() {
      await gateway.close();
      await alma.down();
    },
  };
}

/**
 * For a file of tests: gives a function that starts gateways, each over a world of its own and with `settings` as
 * defaults. All are closed after the last test.
 */
export function stages(settings: Readonly<Record<string, string>>, make: () => World) {
  const open: Stage[] = [];
  afterAll(() => Promise.all(open.map(({ close }) => close())));
  return async (
    env: Setting["env"] = {},
    quirks: Partial<Quirks> = {},
    faults: readonly Fault[] = [],
  ): Promise<Stage> => {
    const started = await stage(make(), { env: { ...settings, ...env }, quirks, faults });
    open.push(started);
    return started;
  };
}

/** The distinct error codes of an answer. */
export const codes = ({ errors = [] }: Answer): string[] => [
  ...new Set(errors.map(({ extensions }) => extensions.code)),
];

/** The paths of an answer's errors, joined by dots. */
export const paths = ({ errors = [] }: Answer): (string | undefined)[] =>
  errors.map(({ path }) => path?.join("."));

/** The path and code of each error of an answer, by path: fields that wait for different answers fail in any order. */
export const faultsOf = ({ errors = [] }: Answer): [string, string][] =>
  errors
    .map(({ path, extensions }): [string, string] => [path?.join(".") ?? "", extensions.code])
    .sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
