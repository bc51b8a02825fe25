import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, start } from "./child.ts";
import { compile } from "./compile.ts";
import { writePortfolio } from "./large/portfolio.ts";

/**
 * The cost of a report of 12 columns and ROWS rows in each format: the gateway's CPU, its peak memory growth while
 * single records are requested, and the waiting time of those requests.
 */
const rows = Number(process.env.ROWS ?? 100_000);
const rounds = Number(process.env.ROUNDS ?? 3);
const line = (text: string) => process.stdout.write(`${text}\n`);

const document = `# title: Contracts
# rows: tenantContracts.nodes
query Contracts {
  tenantContracts(orderBy: [{ field: START_DATE }]) {
    nodes {
      almaId number name startDate endDate price typeContract state
      client { firstName lastName }
      rentalObject { name building { name } }
    }
  }
}
`;
const folder = mkdtempSync(join(tmpdir(), "alma-reports-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "reports"));
writeFileSync(join(folder, "reports", "contracts.graphql"), document);
const size = {
  buildings: 100,
  units: Math.ceil(rows / 4),
  rooms: Math.ceil(rows / 4),
  clients: Math.ceil(rows / 2),
  ownerContracts: 0,
  tenantContracts: rows,
};
const portfolio = await writePortfolio(size, join(folder, "answers"));
const gateway = await start(compile()("large/gateway.ts"), {
  PORTFOLIO: join(folder, "answers"),
  AUTH: "off",
  RESPONSE_CACHE_SIZE: "0",
  MAX_AGE: "86400",
  CATALOG_MAX_AGE: "604800",
  REFRESH_RATE: "1",
  RATE_LIMIT: "0",
  REPORTS: join(folder, "reports"),
  ...(process.env.MAX_RESPONSE && { MAX_RESPONSE: process.env.MAX_RESPONSE }),
});
await gateway.tell("warm");

/** The memory of the idle gateway, in MiB; freed memory is returned after a while. */
async function memoryAtRest(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await gateway.memory();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return (await gateway.memory()).rss / 2 ** 20;
}

/** A process's peak memory since the last reset, in MiB. */
function peakMemory({ pid }: Child): number {
  const [, kib = "0"] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

const lookup = JSON.stringify({
  query: "query ($id: Int!) { unit(ref: { almaId: $id }) { name building { name } } }",
  variables: { id: portfolio.units[0] },
});

/** The longest waiting time for a single record until `isOver`, in milliseconds. */
async function lookUp({ address }: Child, isOver: () => boolean): Promise<number> {
  let longest = 0;
  while (!isOver()) {
    const before = performance.now();
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: lookup,
    });
    await response.text();
    longest = Math.max(longest, performance.now() - before);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return longest;
}

async function download(format: string): Promise<number> {
  const response = await fetch(`${gateway.address}/reports/contracts.${format}`, {
    headers: { "accept-encoding": "identity" },
  });
  if (response.status !== 200) throw new Error(await response.text());
  let bytes = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) bytes += read.value.length;
  return bytes;
}

/** CPU seconds of one download alone. */
async function costOf(format: string): Promise<number> {
  const before = await gateway.cpu();
  await download(format);
  return ((await gateway.cpu()) - before) / 1000;
}

line(
  "| format | bytes | CPU, s | memory at rest, MiB | at most, + MiB | longest turn, ms | longest lookup, ms |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
);
for (const format of (process.env.FORMATS ?? "csv,ndjson,json,xlsx,parquet").split(",")) {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) costs.push(await costOf(format));
  const atRest = await memoryAtRest();
  writeFileSync(`/proc/${gateway.pid}/clear_refs`, "5");
  let isOver = false;
  let bytes = 0;
  let longestLookup = 0;
  const longestTurn = await gateway.longestBlock(async () => {
    const looking = lookUp(gateway, () => isOver);
    bytes = await download(format);
    isOver = true;
    longestLookup = await looking;
  });
  const figures = [
    bytes,
    Math.min(...costs).toFixed(2),
    atRest.toFixed(0),
    (peakMemory(gateway) - atRest).toFixed(0),
    longestTurn.toFixed(0),
    longestLookup.toFixed(0),
  ];
  line(`| ${format} | ${figures.join(" | ")} |`);
}
await gateway.stop();
