import { setTimeout as sleep } from "node:timers/promises";
import { start } from "./child.ts";
import { queries } from "./query.ts";
import { type Served, WATCHED } from "./served.ts";

/** The Alma of a measurement. */
export interface SlowAlma {
  /** Its milliseconds per call. */
  readonly latency: number;
  /** Its calls per second; it answers 429 to the others. No limit if undefined. */
  readonly rate?: number;
  /** Seconds in the `Retry-After` of a 429; none if undefined. */
  readonly retryAfter?: number;
}

/** The 95th percentile of the screens' durations in milliseconds, by where they are measured. */
export interface ScreenTimes {
  /** At their caller. */
  readonly asked: number;
  /** Inside the gateway, without the time that its main thread waited for a core. */
  readonly served: number;
  /** At the caller of a program that makes only the same call to Alma at the same time. */
  readonly byHand: number;
}

/** The figures of a first full read while everything is requested. */
export interface Warming {
  /** Seconds until the contracts' report was answered, and until the gateway was ready. */
  readonly report: number;
  readonly ready: number;
  /** Requests to Alma, and the percentage that it refused. */
  readonly calls: number;
  readonly refused: number;
  /** Lookups of one unit, one every 100 ms. */
  readonly screens: ScreenTimes;
  /** CPU milliseconds of the gateway. */
  readonly cpu: number;
}

const report = queries["all tenant contracts with client, rental object, building"];
/** A query that needs all details of the other kinds. */
const others = [
  "{ ownerContracts(first: 10000) { nodes { startDate client { phone } } } }",
  "{ clients(first: 10000) { nodes { phone } } }",
  "{ units(first: 10000) { nodes { rooms { totalCount } building { address } } } }",
  "{ rooms(first: 10000) { nodes { number } } }",
];

/**
 * Starts a gateway over an Alma and immediately requests everything, and screens meanwhile. Each side is compiled and
 * in its own process; this process only requests screens. `programOf` returns a program's path.
 */
export async function measureWarming(
  { latency, rate, retryAfter }: SlowAlma,
  programOf: (program: string) => string,
): Promise<Warming> {
  const alma = await start(programOf("kept-alma.ts"), {
    LATENCY: `${latency}`,
    ...(rate !== undefined && { RATE: `${rate}` }),
    ...(retryAfter !== undefined && { RETRY_AFTER: `${retryAfter}` }),
  });
  const units = await exercise(alma.address);
  const byHand = await start(programOf("forward.ts"), { ALMA_URL: alma.address });
  const asker = await start(programOf("asker.ts"), { QUERIES: JSON.stringify([report, ...others]) });
  const env = { ALMA_URL: alma.address, ASK_COLD: "on", DEADLINE: "600" };
  const gateway = await start(programOf("gateway.ts"), env);
  const startedAt = Date.now();
  const askScreen = async (query: string) => {
    const response = await fetch(`${gateway.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": WATCHED },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: readonly { message: string }[] };
    if (errors) throw new Error(`The bench's query failed: ${errors[0]?.message}`);
  };
  let isWarming = true;
  const times = { asked: [] as number[], byHand: [] as number[] };
  const askScreens = async () => {
    const screens: Promise<unknown>[] = [];
    for (let n = 0; isWarming; n++) {
      const askedAt = performance.now();
      const note = (list: number[]) => () => list.push(performance.now() - askedAt);
      const id = units[(n * 37) % units.length];
      const query = `{ unit(ref: { almaId: ${id} }) { name number building { name } } }`;
      screens.push(askScreen(query).then(note(times.asked)));
      const forwarded = fetch(`${byHand.address}${id}`).then((response) => response.text());
      screens.push(forwarded.then(note(times.byHand)));
      await sleep(100);
    }
    await Promise.all(screens);
  };
  const becomesReady = async () => {
    while ((await fetch(`${gateway.address}/health/ready`)).status !== 200) await sleep(100);
    return Date.now();
  };
  const screens = askScreens();
  const [reportedAt, readyAt] = await Promise.all([
    asker.tell("ask", gateway.address) as Promise<number>,
    becomesReady(),
  ]).finally(() => {
    isWarming = false;
  });
  await screens;
  const { total, refused } = await callsOf(gateway.address);
  const cpu = await gateway.cpu();
  const served = (await gateway.tell("screens")) as readonly Served[];
  await Promise.all([asker, gateway, byHand, alma].map((child) => child.stop()));
  return {
    report: (reportedAt - startedAt) / 1000,
    ready: (readyAt - startedAt) / 1000,
    calls: total,
    refused: (100 * refused) / total,
    screens: {
      asked: of95(times.asked),
      served: of95(served.map(({ ms, waited }) => ms - waited)),
      byHand: of95(times.byHand),
    },
    cpu,
  };
}

const of95 = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(0.95 * times.length)] ?? Number.NaN;

/** Reads an Alma's lists and many units, so that it is not slow because it has just started. Returns the ids. */
async function exercise(alma: string): Promise<readonly number[]> {
  const get = async (path: string) => {
    const response = await fetch(`${alma}realty/${path}/`, { headers: { "api-key": "bench" } });
    return response.text();
  };
  const units = JSON.parse(await get("units")) as readonly { id: number }[];
  const kinds = ["buildings", "rooms", "clients", "contracts/owner_contracts", "contracts/tenant_contracts"];
  await Promise.all(kinds.map(get));
  for (let round = 0; round < 20; round++)
    await Promise.all(units.slice(0, 50).map(({ id }) => get(`units/${id}`)));
  // An Alma with a rate limit starts a new second.
  await sleep(1_000);
  return units.map(({ id }) => id);
}

/** The requests that a gateway has sent to Alma, and those answered with 429, by its metrics. */
async function callsOf(address: string): Promise<{ total: number; refused: number }> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const found = [...text.matchAll(/^alma_gateway_alma_calls_total\{.*outcome="(\w+)".*\} (\d+)$/gm)];
  const sum = (rows: typeof found) => rows.reduce((total, row) => total + Number(row[2]), 0);
  return { total: sum(found), refused: sum(found.filter(([, outcome]) => outcome === "429")) };
}
