import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf } from "../support/documentation.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";

const has = (command: string) => {
  const found = spawnSync(command, ["--version"]).status === 0;
  if (!found) process.stderr.write(`Reports are not read with ${command}: it is not here.\n`);
  return found;
};
const size = {
  buildings: 20,
  units: 200,
  rooms: 400,
  clients: 800,
  ownerContracts: 200,
  tenantContracts: 3000,
};

let gateway: KeyedGateway;
beforeAll(async () => {
  gateway = await startKeyedGateway({ size }, { CATALOG: "on", WARM_UP_CONCURRENCY: "64" });
  await gateway.warm();
}, 120_000);
afterAll(() => gateway.close());

/** Runs a program with a script on its standard input; returns its output. Throws if it fails. */
async function run(
  command: string,
  args: string[],
  input = "",
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, URL: gateway.url, KEY: gateway.key, ...env },
  });
  child.stdin.end(input);
  let output = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaint}${output}`);
  return output;
}

const script = `
import csv, json, os, sys, urllib.request
from decimal import Decimal

query = """
query Rents { tenantContracts(first: 10000, orderBy: [{ field: ALMA_ID }]) {
  totalCount
  nodes { number startDate endDate price state client { lastName } rentalObject { name building { name } } }
} }
"""
request = urllib.request.Request(
    os.environ["URL"],
    json.dumps({"query": query}).encode(),
    {"content-type": "application/json", "x-api-key": os.environ["KEY"]},
)
with urllib.request.urlopen(request) as response:
    answer = json.load(response)
if answer.get("errors"):
    sys.exit(str(answer["errors"]))
contracts = answer["data"]["tenantContracts"]
rows = [
    [c["number"], c["startDate"], c["endDate"], c["price"], c["state"], c["client"]["lastName"],
     c["rentalObject"]["name"], c["rentalObject"]["building"]["name"]]
    for c in contracts["nodes"]
]
csv.writer(sys.stdout).writerows(rows)
total = sum(Decimal(row[3]) for row in rows if row[3])
print(json.dumps({"total": contracts["totalCount"], "rows": len(rows), "rent": str(total),
                  "calls": answer["extensions"]["alma"]["calls"]}))
`;

describe.runIf(has("python3"))("a Python script with nothing but its standard library", () => {
  test("writes every contract as a table, with one query and no call to Alma", async () => {
    const lines = (await run("python3", ["-"], script)).trimEnd().split("\n");
    const contracts = gateway.simulator.data.tenantContracts.all();
    const cents = contracts.reduce((sum, { price }) => sum + BigInt((price ?? "0").replace(".", "")), 0n);
    const { rent, ...counts } = JSON.parse(lines.at(-1) ?? "");
    expect(counts).toEqual({ total: size.tenantContracts, rows: size.tenantContracts, calls: 0 });
    expect(rent.replace(".", "")).toBe(String(cents));
    const oldest = contracts.at(-1);
    expect(lines[0]).toMatch(`${oldest?.number},${oldest?.start_date},`);
  });
});

describe.runIf(has("python3"))("the Python script of docs/reporting.md", () => {
  const [documented = ""] = blocksOf("docs/reporting.md", "python");

  beforeAll(async () => {
    const [contract] = gateway.simulator.data.tenantContracts.all();
    const query = `mutation { updateClient(ref: { almaId: ${contract?.client_id} }, input: { lastName: "Søren Иванов" }) {
      userErrors { message } } }`;
    const headers = { "content-type": "application/json", "x-api-key": gateway.key };
    const response = await fetch(gateway.url, { method: "POST", headers, body: JSON.stringify({ query }) });
    expect(await response.json()).toMatchObject({ data: { updateClient: { userErrors: [] } } });
  });

  test.each(["ascii", "cp1251", "utf-8"])("writes UTF-8 with a mark on a console of %s", async (encoding) => {
    const folder = mkdtempSync(join(tmpdir(), "report-"));
    const script = join(folder, "rents.py");
    const table = join(folder, "rents.csv");
    writeFileSync(script, documented);
    await run("python3", [script, table], "", { PYTHONIOENCODING: encoding, LC_ALL: "C" });
    const bytes = readFileSync(table);
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trimEnd().split("\r\n");
    expect(lines[0]).toBe("number,from,to,price,state,tenant,object,building");
    expect(lines).toHaveLength(size.tenantContracts + 1);
    expect(lines.some((line) => line.includes("Søren Иванов"))).toBe(true);
    rmSync(folder, { recursive: true });
  });
});

describe.runIf(has("curl"))("curl", () => {
  const by = (...args: string[]) => run("curl", ["--silent", "--fail-with-body", ...args]);
  const query =
    "query Units($f: UnitFilter) { units(first: 5000, filter: $f) { totalCount nodes { name } } }";

  test("reads by GET with a key, as spreadsheets do", async () => {
    const answer = await by(
      "--get",
      gateway.url,
      "-H",
      `X-Api-Key: ${gateway.key}`,
      "-H",
      "Accept: */*",
      ...["--data-urlencode", `query=${query}`],
    );
    const { data } = JSON.parse(answer);
    expect(data.units.nodes).toHaveLength(size.units);
  });

  test("sends variables by GET, and gets a compressed answer if it accepts one", async () => {
    const [unit] = gateway.simulator.data.units.all();
    const variables = JSON.stringify({ f: { name: { eq: unit?.name } } });
    const parts = ["--data-urlencode", `query=${query}`, "--data-urlencode", `variables=${variables}`];
    const answer = await by(
      "--get",
      "--compressed",
      gateway.url,
      "-H",
      `X-Api-Key: ${gateway.key}`,
      ...parts,
    );
    expect(JSON.parse(answer).data.units).toEqual({ totalCount: 1, nodes: [{ name: unit?.name }] });
  });

  test("fails with the reason without a key, and for a mutation by GET", async () => {
    const ask = (document: string, ...headers: string[]) =>
      by("--get", gateway.url, ...headers, "--data-urlencode", `query=${document}`);
    await expect(ask(query)).rejects.toThrow(/ended with 22.*UNAUTHENTICATED/);
    const mutation = ask("mutation { __typename }", "-H", `X-Api-Key: ${gateway.key}`);
    await expect(mutation).rejects.toThrow(/ended with 22.*GET requests only support query operations/);
  });
});
