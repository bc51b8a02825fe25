import { type Child, start } from "./child.ts";
import { compile } from "./compile.ts";
import { installed, installPeers } from "./peers/install.ts";
import { type QueryName, queries, size, variablesOf } from "./query.ts";

/**
 * An amount of work: CPU in milliseconds, so that the machine's load does not decide it, up to a number of requests.
 */
interface Work {
  readonly cpu: number;
  readonly requests: number;
}
/** Requests before the measurement, so that code is compiled, and requests per round. */
const warmUp: Work = { cpu: 3_000, requests: 8_000 };
const round: Work = { cpu: 400, requests: 1_000 };
const rounds = 5;
const line = (text: string) => process.stdout.write(`${text}\n`);

async function ask({ address }: Child, name: QueryName, n: number): Promise<void> {
  const query = queries[name];
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    // The peers do not compress, so no side is asked to.
    headers: { "content-type": "application/json", "accept-encoding": "identity" },
    body: JSON.stringify({ query, variables: variablesOf(name, n) }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Readonly<Record<string, unknown>> | null;
    errors?: readonly { message: string }[];
  };
  if (errors || !data || Object.values(data).includes(null))
    throw new Error(`The bench's query failed: ${errors?.[0]?.message ?? query}`);
}

/** CPU milliseconds per request of the answering process. */
async function cost(child: Child, name: QueryName, { cpu, requests }: Work): Promise<number> {
  const before = await child.cpu();
  let [asked, used] = [0, 0];
  while (used < cpu && asked < requests) {
    // Doubles the number of requests, so that CPU is read rarely.
    for (let until = Math.min(2 * asked + 1, requests); asked < until; asked++) await ask(child, name, asked);
    used = (await child.cpu()) - before;
  }
  return used / asked;
}

/** The costs per round of all sides. Their rounds alternate, so that other load affects all of them. */
async function compare<Side extends string>(
  sides: Readonly<Record<Side, Child | undefined>>,
  name: QueryName,
): Promise<Readonly<Record<Side, readonly number[]>>> {
  const figures = Object.entries<Child | undefined>(sides).map(([side, child]) => ({
    side,
    child,
    costs: [] as number[],
  }));
  for (let n = 0; n <= rounds; n++)
    for (const { child, costs } of figures)
      if (child) costs.push(await cost(child, name, n === 0 ? warmUp : round));
  const counted = figures.map(({ side, costs: [, ...counted] }) => [side, counted]);
  return Object.fromEntries(counted) as Record<Side, number[]>;
}

const sorted = (figures: readonly number[]) => [...figures].sort((one, other) => one - other);
const median = (figures: readonly number[]) => sorted(figures)[figures.length >> 1] ?? Number.NaN;

/** A peer; logs the reason and returns undefined if it cannot be installed. */
async function startPeer(program: string, almaUrl: string): Promise<Child | undefined> {
  try {
    installPeers();
  } catch (error) {
    line(`${(error as Error).message}\n`);
    return undefined;
  }
  return start(programOf(program), { ALMA_URL: almaUrl, PEERS_FOLDER: installed.href });
}

const programOf = compile();
const alma = await start("./alma.ts", {});
// Its data may be as old as the data in the peers' caches.
const gateway = { ALMA_URL: alma.address, REFRESH_RATE: "1", MAX_AGE: "900" };
const repeated = await start(programOf("gateway.ts"), gateway);
const sides = {
  fresh: await start(programOf("gateway.ts"), { ...gateway, RESPONSE_CACHE_SIZE: "0" }),
  repeated,
  mercurius: await startPeer("peers/mercurius.ts", alma.address),
  yoga: await startPeer("peers/yoga.ts", alma.address),
  bytes: await start(programOf("peers/bytes.ts"), { GATEWAY_URL: repeated.address }),
};

line(
  `CPU per request in ms, ${size.units} units, ${size.rooms} rooms, ${size.tenantContracts} tenant contracts, all warm: a new ` +
    "answer of the gateway and the same one repeated; mercurius with JIT and Yoga, with Alma's parsed answers in a Map; " +
    "bytes from memory.\n",
);
line("| query | new | repeated | mercurius | Yoga | bytes | new ÷ mercurius |");
line("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const name of Object.keys(queries) as QueryName[]) {
  const costs = await compare(sides, name);
  const sideCells = [costs.fresh, costs.repeated, costs.mercurius, costs.yoga, costs.bytes].map((rounds) => {
    const ms = median(rounds);
    return ms.toFixed(ms < 10 ? 2 : 0);
  });
  const ratios = sorted(costs.fresh.map((ms, round) => ms / (costs.mercurius[round] ?? Number.NaN)));
  const range = [ratios.at(0), ratios.at(-1)].map((ratio) => ratio?.toFixed(2)).join("–");
  line(`| ${[name, ...sideCells, `${median(ratios).toFixed(2)} (${range})`].join(" | ")} |`);
}
await Promise.all([...Object.values(sides), alma].map((child) => child?.stop()));
line("");
await import("./large.ts");
