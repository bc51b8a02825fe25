import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Config } from "../../../src/config/config.ts";
import type { Graph, StopSignal } from "../../../src/graph/index.ts";
import { createLog, createMetrics, createServer, type ServerOptions } from "../../../src/server/index.ts";
import { testConfigOf } from "../../support/config.ts";

export interface SmallContext {
  readonly requestId: string;
  readonly signal: StopSignal;
}

export const smallSchema = /* GraphQL */ `
  directive @requiresScope(scope: Scope!) on FIELD_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
  enum Scope { READ PERSONAL SECRETS WRITE }
  type Query {
    hello(name: String): String
    wait(ms: Int!): String
    fail: String
  }
  type Mutation { rename(name: String!): String }
`;

function* noComparisons(): Generator<void, readonly never[]> {
  yield;
  return [];
}

/** A graph of a few fields instead of the real one, for tests of the server alone. */
export function smallGraph(typeDefs = smallSchema, resolvers: IResolvers<unknown, SmallContext> = {}): Graph {
  const schema = makeExecutableSchema<SmallContext>({
    typeDefs,
    resolvers: typeDefs === smallSchema ? { ...ownResolvers, ...resolvers } : resolvers,
  });
  const graph = {
    schema,
    context: (request: object) => ({ ...request, options: {}, cacheInfo: () => undefined }),
    prepare() {},
    begin() {},
    openCatalog: async () => {},
    execute: () => undefined,
    complete() {},
    whenKnown: () => undefined,
    comparisonsOf: noComparisons,
    hasSent: () => false,
    today: () => "2026-01-01",
    touch: () => "off",
    storedValues: () => undefined,
    reportUnexpected() {},
    formatError: (formatted: GraphQLFormattedError) => formatted,
    progress: () => ({ warm: true }),
  };
  // Safe: the server uses no other part.
  return graph as unknown as Graph;
}

/** A graph whose `hold` resolves when its function in `held` is called; its `now` resolves immediately. */
export function holdingGraph() {
  const held: (() => void)[] = [];
  const sdl = /* GraphQL */ `
    type Query { hold(first: Int): String now(first: Int): String }
  `;
  const hold = () => new Promise((resolve) => held.push(() => resolve("held")));
  return { graph: smallGraph(sdl, { Query: { hold, now: () => "now" } }), held };
}

/** Resolves when a condition is true. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const ownResolvers = {
  Query: {
    hello: (_: unknown, { name }: { name?: string }) => `Hello, ${name ?? "world"}`,
    fail: () => {
      throw new GraphQLError("No.", { extensions: { code: "ALMA_UNAVAILABLE" } });
    },
    wait: (_: unknown, { ms }: { ms: number }, { signal }: SmallContext) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve(`${ms} ms`), ms);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
  },
  Mutation: { rename: (_: unknown, { name }: { name: string }) => name },
};

/** A Config for tests: a free port on loopback, a silent log. */
export function testConfig(env: Record<string, string> = {}): Config {
  return testConfigOf({
    ALMA_URL: "http://127.0.0.1:1/external_api/",
    ALMA_API_KEY: "unused",
    PORT: "0",
    LOG_LEVEL: "silent",
    ...env,
  });
}

const neverCalled = { lastSuccess: undefined, pausedFor: undefined, downFor: undefined };

/** The parts of a server without Alma. */
export const withoutAlma = (): Pick<ServerOptions, "metrics" | "backendStatus" | "uploads" | "addRoutes"> => {
  const refuse = () => {
    throw new Error("There is no Alma.");
  };
  return {
    metrics: createMetrics(),
    backendStatus: {
      clock: () => 0,
      alma: () => ({ ...{ inFlight: 0, queued: 0, limit: 1, pace: undefined }, ...neverCalled }),
      catalog: () => [],
    },
    uploads: () => ({ acceptsOnlyLinks: () => false, sendFile: refuse, sendLink: refuse, checkLink: refuse }),
    addRoutes: [],
  };
};

/** Starts a server on a free port; `close` ends it, and keeps idle connections for `shutdownGrace` milliseconds. */
export async function start(
  graph: Graph = smallGraph(),
  env: Record<string, string> = {},
  shutdownGrace = 0,
  extraOf: (config: Config) => Partial<ServerOptions> = () => ({}),
) {
  const config = testConfig(env);
  const log = createLog(config.logLevel);
  const server = await createServer({
    ...withoutAlma(),
    config,
    graph,
    log,
    shutdownGrace,
    ...extraOf(config),
  });
  const url = await server.listen();
  const post = async (query: string, variables?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  return { url, post, close: server.close };
}
