import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, start } from "./child.ts";
import { compile } from "./compile.ts";
import { writePortfolio } from "./large/portfolio.ts";
import { change, empty, lists, type Question, questions, reports } from "./large/query.ts";

/**
 * The cost of a gateway with 100,000 records (`SCALE` is the simulator's): CPU per query above that of an empty
 * request, with warm data and new variables each time; CPU of work without queries; memory; and the CPU of the longest
 * event loop iteration, which blocks all callers, during a full refresh with reports running. Lists change their bytes
 * with every read unless a row says otherwise, because an unchanged list is not parsed.
 */
const scale = Number(process.env.SCALE ?? 170.65);
const rounds = Number(process.env.ROUNDS ?? 7);
/** Milliseconds per round and per observed refresh: each list is read at least once in it. */
const [roundTime, watchTime] = [300, 12_000];
const line = (text: string) => process.stdout.write(`${text}\n`);
const median = (figures: readonly number[]) => [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? 0;

async function ask({ address }: Child, { name, query, variables }: Question, n: number): Promise<void> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: JSON.stringify({ query, variables: variables(n) }),
  });
  const { errors, extensions } = (await response.json()) as {
    errors?: readonly { message: string }[];
    extensions?: { alma: { calls: number } };
  };
  if (errors) throw new Error(`The bench's query "${name}" failed: ${errors[0]?.message}`);
  if (extensions?.alma.calls && !query.includes("@freshness"))
    throw new Error(`"${name}" called Alma, though everything is known.`);
}

let asked = 0;
/**
 * CPU milliseconds of the gateway per query, excluding the reads before each: the median of several rounds after a
 * warm-up.
 */
async function costOf(gateway: Child, question: Question): Promise<number> {
  const figures: number[] = [];
  for (let round = -4; round < rounds; round++) {
    const [own, none] = [await costOfPair(gateway, question), await costOfPair(gateway, empty)];
    if (round >= 0) figures.push(own - none);
  }
  return median(figures);
}

async function costOfPair(gateway: Child, question: Question): Promise<number> {
  const before = await gateway.cpu();
  const [first, until] = [asked, performance.now() + roundTime];
  while (asked < first + 2 || performance.now() < until) {
    await ask(gateway, changed, asked++);
    await ask(gateway, question, asked);
  }
  return ((await gateway.cpu()) - before) / (asked - first);
}

/** The median CPU of an operation without a query, each time after some records were read again. */
async function costOfTold(gateway: Child, what: string): Promise<number> {
  const figures: number[] = [];
  for (let n = -20; n < 40; n++) {
    await ask(gateway, changed, asked++);
    const cost = (await gateway.tell(what)) as number;
    if (n >= 0) figures.push(cost);
  }
  return median(figures);
}

/** Runs the reports in turn, two concurrently, for some time. */
async function report(gateway: Child, ms: number): Promise<void> {
  const until = performance.now() + ms;
  const work = async () => {
    while (performance.now() < until)
      await ask(gateway, reports[asked % reports.length] as Question, asked++);
  };
  await Promise.all([work(), work()]);
}

const folder = mkdtempSync(join(tmpdir(), "alma-portfolio-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "answers");
const program = compile()("large/gateway.ts");
const portfolio = await writePortfolio(scale, file);
const changed = change(portfolio);
const common = {
  PORTFOLIO: file,
  UNITS: JSON.stringify(portfolio.units.slice(0, 2_000)),
  AUTH: "off",
  // Cached answers have their own memory limit.
  RESPONSE_CACHE_SIZE: "0",
  // Records that a query names are read from memory too.
  MAX_AGE: "86400",
  RATE_LIMIT: "0",
};

const row = (name: string, figure: number, target: string, digits = 2) =>
  line(`| ${name} | ${figure.toFixed(digits)} | ${target} |`);
line(`${portfolio.records} records.\n`);
line("| CPU, ms | measured | at most |\n| --- | ---: | ---: |");

// Only the lists are read again, so that almost nothing disturbs the queries.
const asking = await start(program, { ...common, REFRESH_RATE: "1", CATALOG_MAX_AGE: "604800" });
const loading = { startedAt: performance.now(), cpu: await asking.cpu() };
const warmUpBlock = await asking.longestBlock(() => asking.tell("warm"));
const loaded = { time: performance.now() - loading.startedAt, cpu: (await asking.cpu()) - loading.cpu };
for (const question of questions(portfolio)) row(question.name, await costOf(asking, question), "2");
const memory = await asking.memory();
for (const [question, name] of [
  ["probe", "a probe"],
  ["scrape", "a scrape"],
  ["update", "a write's invalidation: a unit changed"],
  ["archive", "a write's invalidation: a unit archived"],
] as const)
  row(name, await costOfTold(asking, question), "1");
const listsChanged = await costOf(asking, lists);
await asking.stop();

const refreshing = await start(program, {
  ...common,
  REFRESH_RATE: "150",
  CATALOG_MAX_AGE: "20",
});
await refreshing.tell("warm");
const idle = () => new Promise((resolve) => setTimeout(resolve, watchTime));
row("longest stall: refresh alone", await refreshing.longestBlock(idle), "60", 0);
await report(refreshing, 3_000);
row(
  "longest stall: refresh and reports",
  await refreshing.longestBlock(() => report(refreshing, watchTime)),
  "60",
  0,
);
const afterReports = await refreshing.memory();
await refreshing.stop();
row("all lists read anew, each with other bytes", listsChanged, "", 0);
row("longest stall: warm-up", warmUpBlock, "", 0);
row("warm-up, all CPU", loaded.cpu, "", 0);

line("\n| memory after collections, MiB | measured | at most |\n| --- | ---: | ---: |");
const mebibytes = (bytes: number) => bytes / 2 ** 20;
row("used heap", mebibytes(memory.heapUsed), "280", 0);
row("resident", mebibytes(memory.rss), "450", 0);
row("used heap after reports and refresh", mebibytes(afterReports.heapUsed), "280", 0);
row("resident after reports and refresh", mebibytes(afterReports.rss), "450", 0);
line(`\nWarm after ${(loaded.time / 1000).toFixed(1)} s, from an Alma that answers at once.`);
