import { type Child, start } from "./child.ts";
import { type QueryName, queries, size } from "./query.ts";

/** So long each side is asked before it counts, so that what it runs is compiled, and so long a round takes, in ms. */
const [warmUp, round] = [3_000, 700];
const rounds = 7;

/** Asks for a while, twice at least; gives the CPU milliseconds of the answering process for one request. */
async function cost(child: Child, query: string, ms: number): Promise<number> {
  const before = await child.cpu();
  const until = performance.now() + ms;
  let asked = 0;
  while (asked < 2 || performance.now() < until) {
    await ask(child, query);
    asked += 1;
  }
  return ((await child.cpu()) - before) / asked;
}

/** The medians of both sides, whose rounds take turns: what else the machine does strikes both. */
async function compare(sides: readonly Child[], query: string): Promise<readonly number[]> {
  for (const side of sides) await cost(side, query, warmUp);
  const figures: number[][] = sides.map(() => []);
  for (let n = 0; n < rounds; n++)
    for (const [index, side] of sides.entries()) figures[index]?.push(await cost(side, query, round));
  return figures.map((found) => found.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN);
}

async function ask({ address }: Child, query: string): Promise<void> {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    // The textbook does not compress, so neither is asked to.
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: JSON.stringify({ query }),
  });
  const { errors } = (await response.json()) as { errors?: readonly { message: string }[] };
  if (errors) throw new Error(`The bench's query failed: ${errors[0]?.message}`);
}

const alma = await start("./alma.ts", {});
const gateway = await start("./gateway.ts", { ALMA_URL: alma.address, REFRESH_RATE: "1" });
const textbook = await start("./textbook.ts", { ALMA_URL: alma.address });
const line = (text: string) => process.stdout.write(`${text}\n`);

line(
  `Warm CPU per request, ${size.units} units, ${size.rooms} rooms, ${size.tenantContracts} tenant contracts.\n`,
);
line("| query | gateway, ms | textbook Apollo + DataLoader, ms | ratio |\n| --- | ---: | ---: | ---: |");
for (const name of Object.keys(queries) as QueryName[]) {
  const [ours = Number.NaN, theirs = Number.NaN] = await compare([gateway, textbook], queries[name]);
  line(`| ${name} | ${ours.toFixed(2)} | ${theirs.toFixed(1)} | ${(theirs / ours).toFixed(1)} |`);
}
await Promise.all([gateway.stop(), textbook.stop()]);
await alma.stop();
