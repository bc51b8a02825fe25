import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startReports } from "../reports/run/reports.ts";

const reader = createApiKey("reader", ["read", "personal", "bulk"], null);
const writer = createApiKey("writer", ["read", "write"], null);

test.each([
  ["/imports/unit-rents", writer, "text/csv"],
  ["/imports/unit-rents?dryRun=1", reader, "multipart/form-data; boundary=x"],
  ["/files", reader, "multipart/form-data; boundary=x"],
  ["/bitrix/sync", reader, "application/json"],
  ["/touch", reader, "application/json"],
])("%s refuses who may not before the body", async (path, { key }, type) => {
  const { address } = await startReports(undefined, {
    API_KEYS: JSON.stringify([reader.record, writer.record]),
    CATALOG: "off",
  });
  const headers = { "x-api-key": key, "content-type": type, "content-length": 1_000_000 };
  const sent = request(`${address}${path}`, { method: "POST", headers });
  sent.on("error", () => {});
  onTestFinished(() => void sent.destroy());
  // Nothing of the body is ever sent.
  sent.flushHeaders();
  const status = await new Promise((resolve) =>
    sent.on("response", (response) => resolve(response.statusCode)),
  );
  expect(status).toBe(403);
});
