import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPeerSignature } from "../../../src/server/peer/ticket.ts";
import { until } from "../http/small-graph.ts";
import { peerSecret } from "./gateways.ts";
import { startServers, type TestServer } from "./servers.ts";

/** An HTTP proxy in front of a peer listener. */
interface Proxy {
  readonly url: string;
  /** Answers with this status from now on; undefined: forwards requests. */
  fail(status: number | undefined): void;
  /** The number of requests that it answered itself. */
  readonly failed: number;
}

async function startProxy(target: string): Promise<Proxy> {
  let status: number | undefined;
  let failed = 0;
  const server = createServer((request, response) => {
    const fail = () => {
      failed++;
      response.writeHead(status ?? 502, { "content-type": "text/html" }).end("<h1>The proxy's own page</h1>");
    };
    if (status !== undefined) return request.resume().once("end", fail);
    const { method, url, headers } = request;
    const upstream = httpRequest(target + url, { method, headers, agent: false }, (answer) => {
      if (status !== undefined) return fail();
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    });
    upstream.once("error", fail);
    return request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail(next) {
      status = next;
    },
    get failed() {
      return failed;
    },
  };
}

/** Servers behind proxies; the first leads, and the last receives the requests. */
async function start(count: number, env: Record<string, string>) {
  const { cluster, servers } = await startServers(count, env);
  const signature = createPeerSignature(peerSecret);
  const proxies: Proxy[] = [];
  for (const [index, { relay }] of servers.entries()) {
    const proxy = await startProxy(relay.url);
    Object.defineProperty(cluster.members[index], "address", { value: signature.signAddress(proxy.url) });
    proxies.push(proxy);
  }
  return { cluster, proxies, servers, asked: servers.at(-1) as TestServer };
}

const codeOf = ({ body }: Awaited<ReturnType<TestServer["query"]>>) => body.errors?.[0]?.extensions.code;

test("a proxy before a leader passes on the leader's answers, including refusals", async () => {
  // The wait for a leader that is shutting down is as long as a call to Alma may take.
  const env = { LEADER_WAIT: "0.2", MAX_TOKENS: "10", ALMA_TIMEOUT: "1", LEASE: "0.5" };
  const { cluster, asked } = await start(2, env);
  expect((await asked.query("{ who }")).body.data).toEqual({ who: "0" });
  const refused = await asked.query(`{ ${"who ".repeat(11)} }`);
  expect([refused.status, codeOf(refused)]).toEqual([400, "LIMIT_EXCEEDED"]);
  cluster.leave();
  expect(codeOf(await asked.query("mutation { rename }"))).toBe("NO_LEADER");
});

test.each([200, 403, 404, 500, 502, 503])(
  "a proxy's own page, with status %i, is not taken for an answer: a query waits for the next leader",
  async (status) => {
    const { cluster, proxies, servers, asked } = await start(3, { LEADER_WAIT: "30" });
    proxies[0]?.fail(status);
    const answer = asked.query("{ who }");
    await until(() => (proxies[0]?.failed ?? 0) > 1);
    cluster.lead(1);
    expect((await answer).body.data).toEqual({ who: "1" });
    expect(servers.map(({ executed }) => executed)).toEqual([[], ["who"], []]);
  },
);

test("a query is sent again once its proxy reaches the leader", async () => {
  const { proxies, asked } = await start(2, { LEADER_WAIT: "30" });
  proxies[0]?.fail(502);
  const answer = asked.query("{ who }");
  await until(() => (proxies[0]?.failed ?? 0) > 1);
  proxies[0]?.fail(undefined);
  expect((await answer).body.data).toEqual({ who: "0" });
});

test("if no leader is reached in time, a query gets NO_LEADER, and a mutation has an unknown outcome", async () => {
  const { proxies, servers, asked } = await start(2, { LEADER_WAIT: "0.3" });
  proxies[0]?.fail(502);
  const [query, mutation] = await Promise.all([asked.query("{ who }"), asked.query("mutation { rename }")]);
  expect([query.status, codeOf(query)]).toEqual([503, "NO_LEADER"]);
  expect([mutation.status, codeOf(mutation)]).toEqual([200, "OUTCOME_UNKNOWN"]);
  expect(servers[0]?.executed).toEqual([]);
});

test("a mutation lost by a proxy is executed by the next leader if it left no mark, and otherwise has an unknown outcome", async () => {
  const { cluster, proxies, servers, asked } = await start(3, { LEADER_WAIT: "30" });
  const [leader, other] = servers as [TestServer, TestServer];
  const answers = [asked.query("mutation { heldRename }"), asked.query("mutation { heldRename }")];
  await until(() => leader.executed.length === 2);
  cluster.marks.add(leader.forwardingIds[1] ?? "");
  proxies[0]?.fail(502);
  leader.release();
  await until(() => proxies[0]?.failed === 2);
  cluster.lead(1);
  await until(() => other.executed.length === 1);
  other.release();
  const [first, second] = await Promise.all(answers);
  const unmarked = [first, second].filter((answer) => answer?.body.data?.heldRename === "1");
  const marked = [first, second].filter((answer) => answer && codeOf(answer) === "OUTCOME_UNKNOWN");
  expect([unmarked.length, marked.length]).toEqual([1, 1]);
  expect(other.executed).toEqual(["heldRename"]);
});

test("a query that crashes each process that answers it crashes two of them", async () => {
  const { cluster, proxies, servers, asked } = await start(4, { LEADER_WAIT: "30" });
  const answer = asked.query("{ held }");
  for (const index of [0, 1]) {
    await until(() => servers[index]?.executed.length === 1);
    proxies[index]?.fail(502);
    servers[index]?.relay.drop();
    cluster.lead(index + 1);
  }
  expect(codeOf(await answer)).toBe("NO_LEADER");
  expect(servers.map(({ executed }) => executed)).toEqual([["held"], ["held"], [], []]);
});

test("internal headers of the processes do not reach callers", async () => {
  const { asked } = await start(2, {});
  const { headers } = await asked.query("{ who }");
  expect([...headers.keys()].filter((name) => name.startsWith("x-alma-peer"))).toEqual([]);
});
