import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startGateway } from "../support/gateway.ts";
import { scrape } from "../support/scrape.ts";

const { key, record } = createApiKey("reporting", ["read"], null);
const headers = { "x-api-key": key };

test("counts temporary refusals at any address as throttled", async () => {
  const env = {
    API_KEYS: JSON.stringify([record]),
    RATE_LIMIT: "1",
    METRICS: "open",
    REPORTS: "",
    MEDIA: "proxy",
  };
  const gateway = await startGateway({ size: 0 }, env);
  const addresses = [
    ...[
      "POST /graphql",
      "POST /graphql/stream",
      "GET /changes",
      "POST /touch",
      "POST /files",
      "POST /bitrix/sync",
    ],
    ...[
      "GET /reports",
      "GET /reports/vacancies.csv",
      "GET /imports",
      "POST /imports/rents",
      "GET /media/1/x",
    ],
  ];
  const json = { ...headers, "content-type": "application/json" };
  for (const address of [...addresses, ...addresses]) {
    const [method = "", path = ""] = address.split(" ");
    const response = await fetch(gateway.address + path, {
      method,
      headers: json,
      ...(method === "POST" && { body: "{}" }),
    });
    await response.body?.cancel();
  }
  const counted = await scrape(gateway.address);
  await gateway.close();
  const refusals = [...counted].filter(([name]) =>
    /^alma_gateway_http_responses_total.*status="(429|503)"/.test(name),
  );
  expect(refusals).toHaveLength(addresses.length);
  const sum = refusals.reduce((total, [, count]) => total + count, 0);
  expect(counted.get('alma_gateway_throttled_total{by="gateway"}')).toBe(sum);
});
