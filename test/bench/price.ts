import autocannon from "autocannon";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { type Child, start } from "./child.ts";

/**
 * The cost of enabling everything: two warm gateways over one Alma get the same load in turn. Throughput is measured
 * per second of elapsed time, and per second of CPU, which includes compression threads but excludes other processes.
 */
const { key, record } = createApiKey("price", ["read", "personal", "secrets", "write"], null);
const off = {
  AUTH: "off",
  LOG_LEVEL: "silent",
  METRICS: "off",
};
const on = {
  API_KEYS: JSON.stringify([record]),
  RATE_LIMIT: "1000000000",
  CORS_ORIGINS: "https://app.example.com",
  LOG_LEVEL: "info",
  METRICS: "on",
};

const loads = {
  "one unit, by a screen":
    "{ units(first: 1) { nodes { id name status number header building { id name } } } }",
  "50 units with building":
    "{ units(first: 50) { nodes { id name status number header building { id name address } } } }",
  "500 contracts with client and object":
    "{ tenantContracts(first: 500) { nodes { startDate endDate price state client { firstName lastName } rentalObject { name building { name } } } } }",
} as const;

/** Requests per second of elapsed time and per second of CPU while one gateway is under load. */
async function throughput(
  child: Child,
  query: string,
  seconds: number,
): Promise<[clock: number, cpu: number]> {
  const before = await child.cpu();
  const started = performance.now();
  const { requests, non2xx, errors } = await autocannon({
    url: `${child.address}/graphql`,
    method: "POST",
    headers: {
      "content-type": "application/json",
      "accept-encoding": "gzip, br",
      origin: "https://app.example.com",
      "x-api-key": key,
    },
    body: JSON.stringify({ query }),
    connections: 10,
    duration: seconds,
  });
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} of ${requests.total} requests failed.`);
  const elapsed = performance.now() - started;
  return [(requests.total / elapsed) * 1000, (requests.total / ((await child.cpu()) - before)) * 1000];
}

const middle = (figures: readonly number[]) =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

const alma = await start("./alma.ts", {});
const common = { ALMA_URL: alma.address, REFRESH_RATE: "1" };
const bare = await start("./gateway.ts", { ...common, ...off });
const full = await start("./gateway.ts", { ...common, ...on });
const line = (text: string) => process.stdout.write(`${text}\n`);

line("Requests per second, warm, of the clock and of CPU.\n");
line("| load | nothing on | everything on | ratio | ratio by CPU |\n| --- | ---: | ---: | ---: | ---: |");
for (const [name, query] of Object.entries(loads)) {
  for (const child of [bare, full]) await throughput(child, query, 2);
  const rounds: [bare: [number, number], full: [number, number]][] = [];
  for (let round = 0; round < 7; round++)
    rounds.push([await throughput(bare, query, 2), await throughput(full, query, 2)]);
  const clock = middle(rounds.map(([without, withAll]) => withAll[0] / without[0]));
  const cpu = middle(rounds.map(([without, withAll]) => withAll[1] / without[1]));
  const [without, withAll] = [0, 1].map((which) =>
    middle(rounds.map((round) => round[which as 0 | 1][0])).toFixed(0),
  );
  line(`| ${name} | ${without} | ${withAll} | ${clock.toFixed(2)} | ${cpu.toFixed(2)} |`);
}
await Promise.all([bare.stop(), full.stop()]);
await alma.stop();
