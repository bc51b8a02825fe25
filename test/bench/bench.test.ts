import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createGateway, readConfig } from "../../src/gateway.ts";
import { createLog } from "../../src/server/index.ts";
import { startGateway } from "../support/gateway.ts";
import { start } from "./child.ts";
import { compile } from "./compile.ts";
import { writePortfolio } from "./large/portfolio.ts";
import { change, questions, reports } from "./large/query.ts";
import { StoredAlma } from "./large/stored-alma.ts";
import { type QueryName, queries, variablesOf } from "./query.ts";

async function post(address: string, query: string, variables?: object) {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as { data: unknown; errors?: unknown };
}

test("the compiled gateway answers from the compiled Alma", async () => {
  const program = compile();
  const alma = await start(pathToFileURL(program("alma.ts")).href, {});
  onTestFinished(() => alma.stop());
  const gateway = await start(pathToFileURL(program("gateway.ts")).href, { ALMA_URL: alma.address });
  onTestFinished(() => gateway.stop());
  expect(await post(gateway.address, "{ __typename }")).toMatchObject({ data: { __typename: "Query" } });
});

test("the peers give the same answers as the gateway", async () => {
  // The query by Bitrix id selects the 500th unit.
  const size = { buildings: 4, units: 510, rooms: 12, clients: 20, ownerContracts: 5, tenantContracts: 30 };
  const gateway = await startGateway({ size, apiKey: "bench" });
  onTestFinished(() => gateway.close());
  const yoga = await start("./peers/yoga.ts", { ALMA_URL: gateway.simulator.url });
  onTestFinished(() => yoga.stop());
  const bytes = await start("./peers/bytes.ts", { GATEWAY_URL: gateway.address });
  onTestFinished(() => bytes.stop());
  for (const name of Object.keys(queries) as QueryName[]) {
    const variables = variablesOf(name, 400);
    const ours = await gateway.query(queries[name], variables);
    expect(ours.errors, name).toBeUndefined();
    expect(Object.values(ours.data as object), name).not.toContain(null);
    expect((await post(bytes.address, queries[name], variables)).data, name).toEqual(ours.data);
    // The textbook server has no graph ids and returns Alma's dates unchanged.
    const plain = (data: unknown) =>
      JSON.parse(
        JSON.stringify(data)
          .replaceAll(/"Building:(\d+)"/g, '"$1"')
          .replaceAll("T00:00:00", ""),
      );
    expect(plain((await post(yoga.address, queries[name], variables)).data), name).toEqual(plain(ours.data));
  }
});

test("an Alma in a file answers like the simulator", async () => {
  const folder = mkdtempSync(join(tmpdir(), "alma-portfolio-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const portfolio = await writePortfolio(1, join(folder, "answers"));
  const simulated = await startGateway({ size: 1 }, { CATALOG: "on" });
  onTestFinished(() => simulated.close());
  const config = readConfig({
    ALMA_URL: "http://stored.example/external_api/",
    ALMA_API_KEY: "x",
    PORT: "0",
    LOG_LEVEL: "error",
  });
  const dispatcher = new StoredAlma(join(folder, "answers"));
  const stored = await createGateway(config, createLog("error"), { shutdownGrace: 0, dispatcher });
  onTestFinished(() => stored.close());
  const address = await stored.listen();
  // Each read of a contract returns a new price; only the file does that.
  const withoutPrice = (data: unknown) =>
    JSON.parse(JSON.stringify(data).replaceAll(/,?"price":"[^"]*"/g, ""));
  const asked = [...questions(portfolio), ...reports].filter(({ query }) => !query.includes("PRICE"));
  expect(asked.length).toBeGreaterThan(3);
  for (const { name, query, variables } of [...asked, change(portfolio)]) {
    const { data, errors } = await post(address, query, variables(3));
    expect(errors, name).toBeUndefined();
    expect(withoutPrice(data), name).toEqual(
      withoutPrice((await simulated.query(query, { ...variables(3) })).data),
    );
  }
});
