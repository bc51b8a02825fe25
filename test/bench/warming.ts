import { setTimeout as sleep } from "node:timers/promises";
import { start } from "./child.ts";
import { queries } from "./query.ts";

/** The Alma of a measurement. */
export interface SlowAlma {
  /** Milliseconds that it takes for a call. */
  readonly latency: number;
  /** Calls a second that it answers; 429 to the others. No limit if undefined. */
  readonly rate?: number;
  /** Seconds of the `Retry-After` of a 429; none if undefined. */
  readonly retryAfter?: number;
}

/** What a first reading of everything took, while everything was asked for. */
export interface Warming {
  /** Seconds until the contracts' report was answered, and until the gateway was ready. */
  readonly report: number;
  readonly ready: number;
  /** Requests to Alma, and the percentage of them that it refused. */
  readonly calls: number;
  readonly refused: number;
  /** Milliseconds within which 95 of 100 screens were answered: lookups of one unit, one each 100 ms. */
  readonly screens: number;
  /** Milliseconds of CPU that the gateway used. */
  readonly cpu: number;
}

const report = queries["all tenant contracts with client, rental object, building"];
/** What needs all details of the other kinds. */
const others = [
  "{ ownerContracts(first: 10000) { nodes { startDate client { phone } } } }",
  "{ clients(first: 10000) { nodes { phone } } }",
  "{ units(first: 10000) { nodes { rooms { totalCount } building { address } } } }",
  "{ rooms(first: 10000) { nodes { number } } }",
];

/** Starts a gateway before an Alma and asks at once for everything, and for screens meanwhile. */
export async function measureWarming({ latency, rate, retryAfter }: SlowAlma): Promise<Warming> {
  const alma = await start("./alma.ts", {
    LATENCY: `${latency}`,
    ...(rate !== undefined && { RATE: `${rate}` }),
    ...(retryAfter !== undefined && { RETRY_AFTER: `${retryAfter}` }),
  });
  const units = await fetch(`${alma.address}realty/units/`, { headers: { "api-key": "bench" } });
  const screenRefs = ((await units.json()) as { id: number }[]).map(({ id }) => `{ almaId: ${id} }`);
  const gateway = await start("./gateway.ts", { ALMA_URL: alma.address, ASK_COLD: "on", DEADLINE: "600" });
  const startedAt = performance.now();
  const secondsUntil = async (event: Promise<unknown>) => {
    await event;
    return (performance.now() - startedAt) / 1000;
  };
  const ask = async (query: string) => {
    const response = await fetch(`${gateway.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: readonly { message: string }[] };
    if (errors) throw new Error(`The bench's query failed: ${errors[0]?.message}`);
  };
  let isWarming = true;
  const screenTimes: number[] = [];
  const askScreens = async () => {
    const screens: Promise<unknown>[] = [];
    for (let n = 0; isWarming; n++) {
      const askedAt = performance.now();
      const ref = screenRefs[(n * 37) % screenRefs.length];
      const screen = ask(`{ unit(ref: ${ref}) { name number building { name } } }`);
      screens.push(screen.then(() => screenTimes.push(performance.now() - askedAt)));
      await sleep(100);
    }
    await Promise.all(screens);
  };
  const ready = async () => {
    while ((await fetch(`${gateway.address}/health/ready`)).status !== 200) await sleep(100);
  };
  const screens = askScreens();
  const times = Promise.all([secondsUntil(ask(report)), secondsUntil(ready()), ...others.map(ask)]);
  const [reportTime, readyTime] = await times.finally(() => {
    isWarming = false;
  });
  await screens;
  const { total, refused } = await callsOf(gateway.address);
  const cpu = await gateway.cpu();
  await gateway.stop();
  await alma.stop();
  return {
    report: reportTime,
    ready: readyTime,
    calls: total,
    refused: (100 * refused) / total,
    screens: screenTimes.sort((a, b) => a - b)[Math.floor(0.95 * screenTimes.length)] ?? Number.NaN,
    cpu,
  };
}

/** The requests that a gateway has sent to Alma, and those that got 429, by its metrics. */
async function callsOf(address: string): Promise<{ total: number; refused: number }> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const found = [...text.matchAll(/^alma_gateway_alma_calls_total\{.*outcome="(\w+)".*\} (\d+)$/gm)];
  const sum = (rows: typeof found) => rows.reduce((total, row) => total + Number(row[2]), 0);
  return { total: sum(found), refused: sum(found.filter(([, outcome]) => outcome === "429")) };
}
