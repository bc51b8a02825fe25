import { start } from "./child.ts";

/**
 * Checks that the gateway's memory is stable: sends tens of thousands of requests of all sorts (new documents, unknown
 * refs, faults in Alma, unauthenticated writes) and reports the process's memory after each tenth of them.
 */
const requests = Number(process.env.REQUESTS ?? 50_000);
const tenth = requests / 10;
const size = {
  buildings: 10,
  units: 100,
  rooms: 200,
  clients: 200,
  ownerContracts: 50,
  tenantContracts: 300,
};
const alma = await start("./alma.ts", { SIZE: JSON.stringify(size), FAULTS: "0.02" });
const gateway = await start("./gateway.ts", {
  ALMA_URL: alma.address,
  CATALOG: "off",
  MAX_AGE: "0.05",
  CATALOG_MAX_AGE: "1",
  ALMA_TIMEOUT: "1",
});

const sorts: readonly ((n: number) => string)[] = [
  () => "{ units(first: 20) { nodes { name number building { name address } } } }",
  (n) => `{ unit(ref: { externalId: "unknown-${n}" }) { name } }`,
  (n) => `query Q${n} { rooms(first: ${1 + (n % 50)}) { nodes { id name } totalCount } }`,
  (n) => `{ rentalObject(ref: { almaId: ${n} }) { name } }`,
  () => "{ tenantContracts(first: 10) { nodes { state client { firstName } rentalObject { name } } } }",
  (n) => `{ clients(filter: { lastName: { contains: "x${n}" } }) { totalCount } }`,
  () => "{ nonsense }",
  (n) =>
    `mutation { updateUnit(ref: { almaId: ${n + 1_000_000} }, input: { number: "${n}" }) { userErrors { code } } }`,
];

const line = (text: string) => process.stdout.write(`${text}\n`);
line(`Memory over ${requests} requests, MiB.\n`);
line("| requests | resident | heap in use |\n| ---: | ---: | ---: |");
for (let done = 0; done < requests; done += tenth) {
  let next = done;
  const ask = async () => {
    for (let n = next++; n < done + tenth; n = next++) {
      const sort = sorts[n % sorts.length] as (n: number) => string;
      const response = await fetch(`${gateway.address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: sort(n) }),
      });
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
  const { rss, heapUsed } = await gateway.memory();
  line(`| ${done + tenth} | ${(rss / 2 ** 20).toFixed(0)} | ${(heapUsed / 2 ** 20).toFixed(0)} |`);
}
await gateway.stop();
await alma.stop();
