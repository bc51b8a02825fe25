import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator, type Simulator } from "../../../simulator/index.ts";
import { type Cluster, startCluster, whenReady } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { Figures } from "./part.ts";

/**
 * Milliseconds between two requests, and of the whole load: lists are read twice in it, 30 and 60 s after its start.
 */
const [interval, duration] = [20, 75_000];

/** Sends requests to ready processes among several, and polls the readiness of each every 100 ms. */
class Balancer {
  readonly #members: readonly Member[];
  readonly #unready = new Set<Member>();
  #isOver = false;
  #next = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
    for (const member of members) void this.#watch(member);
  }

  /** The next ready process; if none is ready, as during a failover, the next one. */
  get next(): Member {
    const ready = this.#members.filter((member) => !this.#unready.has(member));
    const open = ready.length > 0 ? ready : this.#members;
    return open[this.#next++ % open.length] as Member;
  }

  stop(): void {
    this.#isOver = true;
  }

  async #watch(member: Member): Promise<void> {
    while (!this.#isOver) {
      if ((await member.ready()).code === 200) this.#unready.delete(member);
      else this.#unready.add(member);
      await sleep(100);
    }
  }
}

/** The requests, in turn; every tenth writes. */
function requestOf(n: number, { data }: Simulator): string {
  const units = data.units.all();
  const clients = data.clients.all();
  const unit = units[(n * 7) % units.length]?.id;
  if (n % 10 === 0)
    return `mutation { updateClient(ref: { almaId: ${clients[n % clients.length]?.id} }, input: { phone: "+97${n}" }) {
      client { phone } userErrors { code } } }`;
  if (n % 10 === 5)
    return "{ tenantContracts(first: 20, orderBy: [{ field: PRICE }]) { totalCount nodes { price client { phone } } } }";
  return `{ unit(ref: { almaId: ${unit} }) { name status building { name } rooms { nodes { name status } } } }`;
}

/** Sends requests through a balancer without retries while `meanwhile` runs. */
async function load(alma: Simulator, { members }: Cluster, meanwhile: () => Promise<void>) {
  const lists = () => alma.log.entries.filter(({ path }) => !/\d\/$/.test(path)).length;
  // Starts just after the lists were read, so that every load has the same list reads.
  for (const before = lists(); lists() < before + 6; ) await sleep(50);
  await sleep(1_000);
  alma.log.clear();
  const balancer = new Balancer(members);
  const failures: string[] = [];
  const begun = performance.now();
  const work = meanwhile();
  const asked: Promise<void>[] = [];
  for (let n = 0; n < duration / interval; n++) {
    await sleep(Math.max(0, begun + n * interval - performance.now()));
    const query = requestOf(n, alma);
    const { next } = balancer;
    const name = `${n % 10 === 0 ? "write" : "query"} to ${members.indexOf(next) + 1}`;
    const check = (answer: Awaited<ReturnType<Member["ask"]>>) => {
      if (answer?.status === 200 && !answer.errors && !answer.text.includes('"code"')) return;
      failures.push(
        `${name} after ${Math.round(performance.now() - begun)} ms: ${answer?.text ?? "no answer"}`,
      );
    };
    asked.push(next.ask(query).then(check));
  }
  await Promise.all(asked);
  const calls = alma.log.entries.map(({ method, path }) => `${method} ${path.replace(/\d+\/$/, "ID")}`);
  const isInTime = performance.now() - begun < duration + 10_000;
  await work;
  balancer.stop();
  return { failures, calls, isInTime, requests: asked.length };
}

const count = (calls: readonly string[]) => {
  const counts: Record<string, number> = {};
  for (const call of calls) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
};

/**
 * A rolling restart of three processes under load, compared with the same load alone: failures, and extra calls to
 * Alma.
 */
export async function measureRolling(main: string): Promise<Figures> {
  const alma = await createSimulator({ size: 1, latency: 5 });
  const cluster = await startCluster(main, alma, 3, {
    MAX_AGE: "86400",
    CATALOG_MAX_AGE: "86400",
  });
  const quiet = await load(alma, cluster, async () => {});
  const rolled = await load(alma, cluster, async () => {
    for (const member of cluster.members) {
      await sleep(2_000);
      await member.end("SIGTERM");
      await member.start();
      await whenReady([member]);
    }
  });
  await cluster.stop();
  await alma.close();
  const [before, after] = [count(quiet.calls), count(rolled.calls)];
  const differences = [...new Set([...quiet.calls, ...rolled.calls])]
    .filter((call) => before[call] !== after[call])
    .map((call) => `${call} ${before[call] ?? 0} → ${after[call] ?? 0}`);
  return [
    ["requests in each load, and writes", `${rolled.requests}, ${rolled.requests / 10}`],
    ["the restarts were over before the load", `${rolled.isInTime}`],
    [
      `failed without a restart ${quiet.failures.slice(0, 3).join("; ").slice(0, 600)}`,
      quiet.failures.length,
      0,
    ],
    [
      `failed with a restart ${rolled.failures.slice(0, 3).join("; ").slice(0, 600)}`,
      rolled.failures.length,
      0,
    ],
    ["calls without a restart", quiet.calls.length],
    ["calls with a restart", rolled.calls.length],
    [`more calls ${differences.join(", ")}`, rolled.calls.length - quiet.calls.length, 0],
  ];
}
