import { expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startReports } from "./reports.ts";

test("tenants to call have a phone number, and need the scope personal", async () => {
  const { key, record } = createApiKey("Calls", ["read", "personal"], null);
  const reader = createApiKey("Reader", ["read"], null);
  const { get } = await startReports(
    undefined,
    { PRICE_PERIOD: "month", API_KEYS: JSON.stringify([record, reader.record]) },
    { size: 1 },
  );
  expect((await get("ends-to-call.json", { "x-api-key": reader.key })).status).toBe(403);
  const { text } = await get("ends-to-call.json?until=%2B1y", { "x-api-key": key });
  const rows = JSON.parse(text) as Record<string, string | number | null>[];
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.every((row) => String(row.Telephone).startsWith("+"))).toBe(true);
  const days = rows.map((row) => Number(row["Days left"]));
  expect(days).toEqual(days.toSorted((one, other) => one - other));
  for (const row of rows)
    expect(row["Above target rent"]).toBe(Number(row["Rent a month"]) - Number(row["Target rent"]));
});
