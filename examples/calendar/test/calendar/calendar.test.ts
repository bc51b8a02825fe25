import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { createLink } from "../../src/server/access/link.ts";
import { day } from "../support/day.ts";
import { startGateway } from "../support/gateway.ts";
import { portfolio } from "../support/portfolio.ts";

test("a link opens the calendar, and a wrong one opens nothing", async () => {
  const { key, record } = createApiKey("office", ["read"], null);
  const { link, record: linkRecord } = createLink({ file: "contract-ends.ics", query: "" }, ["read"], null);
  const keys = JSON.stringify([{ ...record, links: [linkRecord] }]);
  const gateway = await startGateway({ data: portfolio }, { API_KEYS: keys });
  onTestFinished(() => gateway.close());
  const [contract] = gateway.simulator.data.tenantContracts.all();
  gateway.simulator.data.tenantContracts.change(contract?.id ?? 0, {
    start_date: day(-10),
    end_date: day(20),
  });

  const opened = await fetch(`${gateway.address}/links/${link}/contract-ends.ics`);
  expect(opened.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
  const text = (await opened.text()).replaceAll("\r\n ", "");
  expect(text.startsWith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")).toBe(true);
  expect(text).toContain(`UID:TenantContract:${contract?.id}@alma-gateway\r\n`);
  expect(text).toContain(`DTSTART;VALUE=DATE:${day(20).replaceAll("-", "")}\r\n`);

  const byKey = await fetch(`${gateway.address}/calendar/contract-ends.ics`, {
    headers: { "x-api-key": key },
  });
  expect((await byKey.text()).replaceAll("\r\n ", "")).toBe(text);
  expect((await fetch(`${gateway.address}/calendar/contract-ends.ics`)).status).toBe(401);
  expect((await fetch(`${gateway.address}/links/${link.replace(/.$/, "!")}/contract-ends.ics`)).status).toBe(
    404,
  );
});
