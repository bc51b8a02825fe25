import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, start } from "./child.ts";
import { compile } from "./compile.ts";
import { writePortfolio } from "./large/portfolio.ts";
import { change, empty, type Question } from "./large/query.ts";

/**
 * The cost of groups over ROWS contracts: the gateway's CPU per query above that of an empty request, and the CPU of
 * the longest event loop iteration meanwhile. No query is repeated, and some records are read again before each.
 */
const rows = Number(process.env.ROWS ?? 13_500);
const rounds = Number(process.env.ROUNDS ?? 15);
const line = (text: string) => process.stdout.write(`${text}\n`);

const months = (n: number) => {
  const year = 2024 + (n % 3);
  return { from: `${year}-01-01`, to: `${year}-12-31`, unit: "MONTH" };
};
const question = (name: string, args: string, fields: string): Question => ({
  name,
  query: `query ($least: Decimal, $over: PeriodInput) {
    tenantContracts(filter: { price: { gte: $least } }) {
      groups(first: 10000, ${args}) { totalCount nodes { ${fields} } } } }`.replace(
    ", $over: PeriodInput",
    args.includes("$over") ? ", $over: PeriodInput!" : "",
  ),
  variables: (n) => ({ least: String(-n), over: months(n) }),
});
const questions = [
  question(
    "one key",
    "by: [{ field: BUILDING }]",
    "keys { building { name } } count price { count sum avg }",
  ),
  question(
    "three keys",
    "by: [{ field: BUILDING }, { field: STATE }, { field: START_DATE, unit: YEAR }]",
    "keys { building { name } state startDate } count price { count sum avg min max }",
  ),
  question(
    "three keys, all numbers",
    "by: [{ field: BUILDING }, { field: STATE }, { field: TYPE_CONTRACT }], orderBy: { field: PRICE_SUM, direction: DESC }",
    `keys { building { name } state typeContract } count distinct(of: CLIENT)
      price { count sum avg min max } monthlyPrice { sum } startDate { min } endDate { max }`,
  ),
  question("by owner", "by: [{ field: OWNER }]", "keys { owner { lastName } } count price { sum }"),
  question(
    "a key, days",
    "by: [{ field: BUILDING }], over: $over",
    "period { from to } keys { building { name } } count days",
  ),
  question(
    "a key, rents by month",
    "by: [{ field: BUILDING }], over: $over",
    "period { from to } keys { building { name } } count days rent { count sum }",
  ),
  question("rents by month", "over: $over", "period { from to } count days rent { count sum }"),
];

const folder = mkdtempSync(join(tmpdir(), "alma-groups-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "answers");
const portfolio = await writePortfolio(
  {
    buildings: 38,
    units: Math.ceil(rows / 4),
    rooms: Math.ceil(rows / 4),
    clients: Math.ceil(rows / 2),
    ownerContracts: Math.ceil(rows / 4),
    tenantContracts: rows,
  },
  file,
);
const gateway = await start(compile()("large/gateway.ts"), {
  PORTFOLIO: file,
  AUTH: "off",
  RESPONSE_CACHE_SIZE: "0",
  MAX_AGE: "86400",
  CATALOG_MAX_AGE: "604800",
  REFRESH_RATE: "1",
  RATE_LIMIT: "0",
  PRICE_PERIOD: process.env.PRICE_PERIOD ?? "month",
});
await gateway.tell("warm");
const changed = change(portfolio);

let asked = 0;
async function ask({ address }: Child, { name, query, variables }: Question): Promise<number> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: JSON.stringify({ query, variables: variables(asked++) }),
  });
  const { data, errors } = (await response.json()) as {
    data: { tenantContracts?: { groups: { totalCount: number } } };
    errors?: readonly { message: string }[];
  };
  if (errors) throw new Error(`The bench's question "${name}" failed: ${errors[0]?.message}`);
  return data.tenantContracts?.groups.totalCount ?? 0;
}

/** CPU milliseconds per query. */
async function costOf(asking: Question): Promise<{ readonly cpu: number; readonly groups: number }> {
  await ask(gateway, changed);
  const before = await gateway.cpu();
  const groups = await ask(gateway, asking);
  return { cpu: (await gateway.cpu()) - before, groups };
}

const median = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? 0;
line(`${rows} contracts.\n`);
line("| groups | number | CPU, ms | least CPU, ms | longest turn, ms |\n| --- | ---: | ---: | ---: | ---: |");
for (const asking of questions) {
  const costs: number[] = [];
  let groups = 0;
  // The first rounds compile.
  for (let round = -10; round < rounds; round++) {
    const own = await costOf(asking);
    const none = await costOf(empty);
    groups = own.groups;
    if (round >= 0) costs.push(own.cpu - none.cpu);
  }
  const longest = await gateway.longestBlock(async () => {
    for (let round = 0; round < 5; round++) await costOf(asking);
  });
  const figures = [median(costs).toFixed(1), Math.min(...costs).toFixed(1), longest.toFixed(0)];
  line(`| ${[asking.name, groups, ...figures].join(" | ")} |`);
}
await gateway.stop();
