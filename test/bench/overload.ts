import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, start } from "./child.ts";
import { queries, size } from "./query.ts";

/**
 * Runs a gateway on a tenth of a core (Linux only) that gets 3 reports and 14 lookups per second for a minute, plus a
 * liveness probe every 2 s.
 */
const cpuShare = Number(process.env.CPU_SHARE ?? 0.1);
const seconds = Number(process.env.SECONDS ?? 60);
const [reportsPerSecond, lookupsPerSecond] = [3, 14];
/** Milliseconds until a client times out. */
const timeouts = { lookup: 10_000, report: 60_000, health: 2_000 };

/** Stops and continues a process so that it gets a share of a core on average; returns a function that ends this. */
function throttle(pid: number, share: number): () => void {
  /** Milliseconds for which its main thread has run. */
  const ran = () => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  let last = { time: performance.now(), ran: ran() };
  let credit = 0;
  const timer = setInterval(() => {
    const now = { time: performance.now(), ran: ran() };
    credit = Math.min(10, credit + share * (now.time - last.time) - (now.ran - last.ran));
    last = now;
    process.kill(pid, credit > 0 ? "SIGCONT" : "SIGSTOP");
  }, 5);
  return () => {
    clearInterval(timer);
    process.kill(pid, "SIGCONT");
  };
}

/** How requests of one kind ended, by outcome, and the milliseconds of the answered ones. */
class Outcomes {
  readonly #counts = new Map<string, number>();
  readonly #times: number[] = [];

  count(outcome: string, ms: number): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    if (outcome === "answered") this.#times.push(ms);
  }

  toString(): string {
    const times = this.#times.sort((a, b) => a - b);
    const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))] ?? Number.NaN);
    const counts = [...this.#counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ");
    return `${counts}; median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`;
  }
}

/** Sends a request; returns its outcome: `answered`, an error's code, `timed out` or `failed`. */
async function outcomeOf(url: string, timeout: number, query?: string): Promise<string> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  };
  try {
    const response = await fetch(url, { ...(query && post), signal: AbortSignal.timeout(timeout) });
    const text = await response.text();
    if (!query) return response.ok ? "answered" : String(response.status);
    const { errors } = JSON.parse(text) as { errors?: readonly { extensions: { code: string } }[] };
    return errors?.[0]?.extensions.code ?? "answered";
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "timed out" : "failed";
  }
}

async function unitIds({ address }: Child): Promise<number[]> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ units(first: 10000) { nodes { almaId } } }" }),
  });
  const { data } = (await response.json()) as { data: { units: { nodes: { almaId: number }[] } } };
  return data.units.nodes.map(({ almaId }) => almaId);
}

const alma = await start("./alma.ts", { LATENCY: "20" });
const gateway = await start("./gateway.ts", { ALMA_URL: alma.address });
const ids = await unitIds(gateway);
const graphql = `${gateway.address}/graphql`;
const lookup = () =>
  `{ unit(ref: { almaId: ${ids[Math.floor(Math.random() * ids.length)]} }) { name number building { name } } }`;
const report = queries["all tenant contracts with client, rental object, building"];
// Code is compiled first, as in a gateway that has run for a while.
for (let n = 0; n < 20; n++) {
  await outcomeOf(graphql, timeouts.report, report);
  await outcomeOf(graphql, timeouts.lookup, lookup());
}

const outcomes = { lookup: new Outcomes(), report: new Outcomes(), health: new Outcomes() };
const pending: Promise<unknown>[] = [];
function send(kind: keyof typeof outcomes, query?: string): void {
  const url = query ? graphql : `${gateway.address}/health/live`;
  const startedAt = performance.now();
  pending.push(
    outcomeOf(url, timeouts[kind], query).then((outcome) =>
      outcomes[kind].count(outcome, performance.now() - startedAt),
    ),
  );
}

const endThrottle = throttle(gateway.pid, cpuShare);
const timers = [
  setInterval(() => send("lookup", lookup()), 1_000 / lookupsPerSecond),
  setInterval(() => send("report", report), 1_000 / reportsPerSecond),
  setInterval(() => send("health"), 2_000),
];
await sleep(seconds * 1_000);
for (const timer of timers) clearInterval(timer);
const endedAt = performance.now();
while ((await outcomeOf(graphql, 1_000, lookup())) !== "answered") await sleep(100);
const recovery = performance.now() - endedAt;
await Promise.all(pending);
endThrottle();
const line = (text: string) => process.stdout.write(`${text}\n`);
line(`${seconds} s at ${cpuShare} of a core over ${size.tenantContracts} tenant contracts:`);
for (const [kind, found] of Object.entries(outcomes)) line(`- ${kind}: ${found}`);
line(`- a lookup is answered within a second again after ${Math.round(recovery)} ms`);
await gateway.stop();
await alma.stop();
