import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createSimulator } from "../../simulator/index.ts";
import { answerParent } from "./child.ts";
import { size } from "./query.ts";

/**
 * An Alma that answers with bytes recorded from the simulator: lists, and records by Alma id. A call takes LATENCY
 * milliseconds, as with the simulator, but little CPU: a real Alma runs elsewhere and does not compete with the
 * measured gateway for cores. It accepts RATE calls per second (all if empty) and answers 429 to the others, with
 * RETRY_AFTER as `Retry-After` if given.
 */
const { LATENCY = "0", SIZE = JSON.stringify(size), RATE, RETRY_AFTER } = process.env;
const latency = Number(LATENCY);

/** A complete answer. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The headers that a server adds to every answer. */
const OWN_HEADERS = ["connection", "date", "keep-alive"];

async function keepAnswers(): Promise<ReadonlyMap<string, Answer>> {
  const simulator = await createSimulator({ size: JSON.parse(SIZE), keepLog: 0, apiKey: "bench" });
  const answers = new Map<string, Answer>();
  const keep = async (path: string) => {
    const url = new URL(path, simulator.url);
    const response = await fetch(url, { headers: { "api-key": "bench" } });
    const headers = Object.fromEntries([...response.headers].filter(([name]) => !OWN_HEADERS.includes(name)));
    const body = Buffer.from(await response.arrayBuffer());
    answers.set(url.pathname, { status: response.status, headers, body });
  };
  const { buildings, units, rooms, clients, ownerContracts, tenantContracts } = simulator.data;
  const tables = {
    "realty/buildings/": buildings,
    "realty/units/": units,
    "realty/rooms/": rooms,
    "realty/clients/": clients,
    "realty/contracts/owner_contracts/": ownerContracts,
    "realty/contracts/tenant_contracts/": tenantContracts,
  };
  for (const [path, table] of Object.entries(tables)) {
    await keep(path);
    for (const { id } of table.all()) await keep(`${path}${id}/`);
  }
  await simulator.close();
  return answers;
}

/** Whether a call exceeds the limit of calls per second; a second starts with its first call. */
function exceedsRate(rate: number): () => boolean {
  let second = { at: 0, calls: 0 };
  return () => {
    const now = performance.now();
    if (now - second.at >= 1_000) second = { at: now, calls: 0 };
    return ++second.calls > rate;
  };
}

const refusal: Answer = {
  status: 429,
  headers: {
    "content-type": "application/json; charset=utf-8",
    ...(RETRY_AFTER && { "retry-after": RETRY_AFTER }),
  },
  body: Buffer.from('{"detail":"Status 429."}'),
};
const answers = await keepAnswers();
const isRefused = RATE ? exceedsRate(Number(RATE)) : () => false;

const server = createServer(({ url = "" }, response) => {
  const answer = isRefused() ? refusal : answers.get(url);
  if (!answer) throw new Error(`The bench's Alma was asked for ${url}, for which it has no recorded answer.`);
  const { status, headers, body } = answer;
  setTimeout(
    () => response.writeHead(status, { ...headers, "content-length": body.length }).end(body),
    latency,
  );
});
// As long as the simulator's timeout, so that no connection closes while it is in use.
server.keepAliveTimeout = 72_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  answerParent(`http://127.0.0.1:${port}/external_api/`);
});
