import { GraphQLError } from "graphql";
import { onTestFinished } from "vitest";
import type { Graph, StopSignal } from "../../../src/graph/index.ts";
import { createLog, createServer } from "../../../src/server/index.ts";
import { createPeerSignature } from "../../../src/server/peer/ticket.ts";
import { Cluster } from "../../support/cluster.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { smallGraph, testConfig, withoutAlma } from "../http/small-graph.ts";
import { peerSecret } from "./gateways.ts";

const sdl = /* GraphQL */ `
  type Query { who: String held: String heldRead: String long(length: Int!): String }
  type Mutation { rename: String heldRename: String heldWrite: String }
`;

/** One of several servers; its peers reach it through a relay. */
export interface TestServer {
  readonly url: string;
  readonly relay: Relay;
  /** The executed fields, in order. */
  readonly executed: string[];
  /** The forwarding ids of the started operations. */
  readonly forwardingIds: (string | undefined)[];
  /** The signals of the started operations. */
  readonly signals: StopSignal[];
  /** Resolves the held fields. */
  release(): void;
  readonly lines: Record<string, unknown>[];
  query(query: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: TestBody }>;
}

interface TestBody {
  readonly data?: Readonly<Record<string, string | null>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/**
 * Starts servers of a graph that returns which server answered: `0`, `1`, …. The first leads. `envOf` returns the
 * settings of one server.
 */
export async function startServers(
  count: number,
  env: Record<string, string> = {},
  envOf: (index: number) => Record<string, string> = () => ({}),
) {
  const cluster = new Cluster();
  const servers: TestServer[] = [];
  for (let index = 0; index < count; index++)
    servers.push(await startServer(cluster, index, { ...env, ...envOf(index) }));
  return { cluster, servers };
}

async function startServer(
  cluster: Cluster,
  index: number,
  env: Record<string, string>,
): Promise<TestServer> {
  const executed: string[] = [];
  const forwardingIds: (string | undefined)[] = [];
  const signals: StopSignal[] = [];
  const lines: Record<string, unknown>[] = [];
  const held: (() => void)[] = [];
  const run = (name: string) => () => {
    executed.push(name);
    return `${index}`;
  };
  const hold = (name: string) => () => {
    executed.push(name);
    return new Promise((resolve) => held.push(() => resolve(`${index}`)));
  };
  const holdAndLead = (name: string, code: string) => async () => {
    const answer = await hold(name)();
    if (member.leadership.hasLease()) return answer;
    throw new GraphQLError("This process leads no longer.", { extensions: { code } });
  };
  const own = smallGraph(sdl, {
    Query: {
      who: run("who"),
      held: hold("held"),
      heldRead: holdAndLead("heldRead", "ALMA_UNAVAILABLE"),
      long: (_: unknown, { length }: { length: number }) => "x".repeat(length),
    },
    Mutation: {
      rename: run("rename"),
      heldRename: hold("heldRename"),
      heldWrite: holdAndLead("heldWrite", "NO_LEADER"),
    },
  });
  const graph: Graph = {
    ...own,
    hasSent: () => cluster.hasSent,
    context: (request) => {
      forwardingIds.push(request.forwardingId);
      signals.push(request.signal);
      return own.context(request);
    },
  };
  const config = testConfig({ LOG_LEVEL: "info", LEADER_WAIT: "0.5", PEER_SECRET: peerSecret, ...env });
  const log = createLog(config.logLevel, { write: (line) => void lines.push(JSON.parse(line)) });
  const signature = createPeerSignature(peerSecret);
  let peerUrl = "";
  const relay = await startRelay(() => peerUrl);
  const member = cluster.join(() => signature.signAddress(relay.url));
  const server = await createServer({
    ...withoutAlma(),
    config,
    graph,
    log,
    sharing: member,
    shutdownGrace: 0,
  });
  const url = await server.listen();
  peerUrl = signature.readAddress(await server.listenForPeers()) ?? "";
  member.start("");
  onTestFinished(async () => {
    for (const release of held) release();
    await relay.cut();
    await server.close();
  });
  return {
    url,
    relay,
    executed,
    forwardingIds,
    signals,
    lines,
    release: () => {
      for (const release of held.splice(0)) release();
    },
    async query(query, init) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
        ...init,
      });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as TestBody,
      };
    },
  };
}
