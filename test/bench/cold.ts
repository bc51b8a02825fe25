import { Agent, request } from "undici";
import { start } from "./child.ts";
import { compile } from "./compile.ts";
import { size } from "./query.ts";
import { measureWarming, type SlowAlma } from "./warming.ts";

/**
 * The time that a cold gateway takes with an Alma whose calls take LATENCY milliseconds (20): to answer everything
 * while it warms up, also with an Alma limited to RATE calls per second (100; 0 skips this), and to answer one query,
 * compared with a hand-written program that makes the same calls with the same concurrency. The argument `warm-up` runs
 * only the former.
 */
const latency = Number(process.env.LATENCY ?? 20);
const rate = Number(process.env.RATE ?? 100);
delete process.env.RATE;

const line = (text: string) => process.stdout.write(`${text}\n`);

const programOf = compile();
const almas: Readonly<Record<string, SlowAlma>> = {
  "no limit": { latency },
  [`${rate} calls a second`]: { latency, rate },
  [`${rate} calls a second, Retry-After`]: { latency, rate, retryAfter: 1 },
};
line(`Everything asked at once of a cold gateway at ${latency} ms of latency.\n`);
const heads = [
  "Alma",
  "calls",
  "refused, %",
  "report, s",
  "ready, s",
  "screens' p95, ms",
  "served",
  "by hand",
  "CPU, ms",
];
line(`| ${heads.join(" | ")} |`);
line(`| --- |${" ---: |".repeat(heads.length - 1)}`);
for (const [name, slowAlma] of Object.entries(almas)) {
  if (slowAlma.rate === 0) continue;
  const { calls, refused, report, ready, screens, cpu } = await measureWarming(slowAlma, programOf);
  const figures = [
    calls,
    refused.toFixed(1),
    report.toFixed(1),
    ready.toFixed(1),
    screens.asked.toFixed(0),
    screens.served.toFixed(0),
    screens.byHand.toFixed(0),
    cpu.toFixed(0),
  ];
  line(`| ${name} | ${figures.join(" | ")} |`);
}
if (process.argv[2] === "warm-up") process.exit();

const concurrency = 32;
const alma = await start(programOf("kept-alma.ts"), { LATENCY: `${latency}` });
const dispatcher = new Agent({ connections: concurrency });

async function get<T>(path: string): Promise<T> {
  const { body } = await request(`${alma.address}${path}/`, { dispatcher, headers: { "Api-Key": "bench" } });
  return (await body.json()) as T;
}

interface Row {
  readonly id: number;
  readonly building?: { readonly id: number };
  readonly parent_unit?: { readonly id: number };
  readonly unit_usage?: { readonly unit_id: number };
}

/** Reads details of many records, `concurrency` at a time. */
async function details(path: string, ids: readonly number[]): Promise<Row[]> {
  const found: Row[] = [];
  const rest = [...ids];
  const work = async () => {
    for (let id = rest.pop(); id !== undefined; id = rest.pop()) found.push(await get<Row>(`${path}/${id}`));
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return found;
}

const newest = (rows: readonly Row[], count: number) =>
  rows
    .map(({ id }) => id)
    .sort((a, b) => b - a)
    .slice(0, count);
const distinct = (ids: readonly (number | undefined)[]) => [...new Set(ids)].filter((id) => id !== undefined);

const questions: Readonly<Record<string, { query: string; byHand: () => Promise<unknown> }>> = {
  "100 units with their building": {
    query: "{ units(first: 100) { nodes { number building { id name } } } }",
    byHand: async () => details("realty/units", newest(await get<Row[]>("realty/units"), 100)),
  },
  "100 units with building address and all rooms": {
    query:
      "{ units(first: 100) { nodes { name building { address } rooms { nodes { name propertyType { value } } } } } }",
    async byHand() {
      const units = await details("realty/units", newest(await get<Row[]>("realty/units"), 100));
      await Promise.all([
        details("realty/buildings", distinct(units.map(({ building }) => building?.id))),
        get<Row[]>("realty/rooms").then((rooms) => details("realty/rooms", newest(rooms, size.rooms))),
      ]);
    },
  },
  "all tenant contracts with client, rental object, building": {
    query:
      "{ tenantContracts(first: 10000) { nodes { startDate price client { firstName lastName } rentalObject { name building { name } } } } }",
    async byHand() {
      const listed = await get<Row[]>("realty/contracts/tenant_contracts");
      const contracts = await details(
        "realty/contracts/tenant_contracts",
        newest(listed, size.tenantContracts),
      );
      const [units] = await Promise.all([get<Row[]>("realty/units"), get("realty/clients")]);
      const known = new Set(units.map(({ id }) => id));
      const objects = distinct(contracts.map(({ unit_usage }) => unit_usage?.unit_id));
      await details(
        "realty/rooms",
        objects.filter((id) => !known.has(id)),
      );
      await details(
        "realty/units",
        objects.filter((id) => known.has(id)),
      );
    },
  },
};

const time = async (work: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await work();
  return performance.now() - before;
};

line(`\nCold answers at ${latency} ms of latency.\n`);
line("| query | gateway, ms | by hand, ms | ratio |\n| --- | ---: | ---: | ---: |");
for (const [name, { query, byHand }] of Object.entries(questions)) {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    const gateway = await start(programOf("gateway.ts"), {
      ALMA_URL: alma.address,
      CATALOG: "off",
      ALMA_CONCURRENCY: `${concurrency}`,
    });
    // Asks one query first, so that neither side connects or compiles during the measurement.
    const ask = async (text: string) => {
      const response = await fetch(`${gateway.address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: text }),
      });
      const { errors } = (await response.json()) as { errors?: readonly { message: string }[] };
      if (errors) throw new Error(`The bench's query failed: ${errors[0]?.message}`);
    };
    await ask("{ ownerContracts(first: 100) { nodes { startDate } } }");
    await details(
      "realty/contracts/owner_contracts",
      newest(await get<Row[]>("realty/contracts/owner_contracts"), 100),
    );
    ours.push(await time(() => ask(query)));
    theirs.push(await time(byHand));
    await gateway.stop();
  }
  const [mine, hand] = [Math.min(...ours), Math.min(...theirs)];
  line(`| ${name} | ${mine.toFixed(0)} | ${hand.toFixed(0)} | ${(mine / hand).toFixed(2)} |`);
}
await dispatcher.close();
await alma.stop();
