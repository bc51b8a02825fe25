import { type Child, start } from "./child.ts";
import { type QueryName, queries, size } from "./query.ts";

/** CPU milliseconds of the answering process for one warm request: the median over rounds. */
async function cost(child: Child, query: string, rounds: number, perRound: number): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await child.cpu();
    for (let n = 0; n < perRound; n++) await ask(child, query);
    figures.push(((await child.cpu()) - before) / perRound);
  }
  return figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
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
  const query = queries[name];
  const [few, many] = name.startsWith("all tenant") ? [2, 10] : [5, 50];
  for (let n = 0; n < 6 * many; n++) await ask(gateway, query);
  for (let n = 0; n < few; n++) await ask(textbook, query);
  const ours = await cost(gateway, query, 7, many);
  const theirs = await cost(textbook, query, 3, few);
  line(`| ${name} | ${ours.toFixed(2)} | ${theirs.toFixed(1)} | ${(theirs / ours).toFixed(0)} |`);
}
await Promise.all([gateway.stop(), textbook.stop()]);
await alma.stop();
