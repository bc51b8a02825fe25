import autocannon from "autocannon";
import { makeKey } from "../../src/server/api-key.ts";
import { type Child, start } from "./child.ts";

/**
 * What it costs to have everything on: two gateways over one Alma, warm, asked in turn by the same load. Throughput is
 * compared per second of CPU, so that what else the machine does counts for neither.
 */
const { key, record } = makeKey("price", ["read", "personal", "secrets", "write"], null);
const off = {
  AUTH: "off",
  COMPRESSION: "off",
  EXPLORERS: "off",
  LOG_LEVEL: "silent",
  METRICS: "off",
};
const on = {
  API_KEYS: JSON.stringify([record]),
  RATE_LIMIT: "1000000000",
  CORS_ORIGINS: "https://app.example.com",
  COMPRESSION: "on",
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

/** Requests for each second of CPU while one gateway is under load. */
async function throughput(child: Child, query: string, seconds: number): Promise<number> {
  const before = await child.cpu();
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
  return requests.total / (((await child.cpu()) - before) / 1000);
}

const middle = (figures: readonly number[]) =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

const alma = await start("./alma.ts", {});
const common = { ALMA_URL: alma.address, REFRESH_RATE: "1" };
const bare = await start("./gateway.ts", { ...common, ...off });
const full = await start("./gateway.ts", { ...common, ...on });
const line = (text: string) => process.stdout.write(`${text}\n`);

line("Requests per second of CPU, warm.\n");
line("| load | nothing on | everything on | ratio |\n| --- | ---: | ---: | ---: |");
for (const [name, query] of Object.entries(loads)) {
  for (const child of [bare, full]) await throughput(child, query, 2);
  const bares: number[] = [];
  const fulls: number[] = [];
  for (let round = 0; round < 5; round++) {
    bares.push(await throughput(bare, query, 2));
    fulls.push(await throughput(full, query, 2));
  }
  const [without, withAll] = [middle(bares), middle(fulls)];
  line(`| ${name} | ${without.toFixed(0)} | ${withAll.toFixed(0)} | ${(withAll / without).toFixed(2)} |`);
}
await Promise.all([bare.stop(), full.stop()]);
await alma.stop();
