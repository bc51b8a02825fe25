import { afterEach, expect, test, vi } from "vitest";
import { startReports } from "../reports/run/reports.ts";

afterEach(() => void vi.useRealTimers());

const DAY = 86_400_000;

test.each([
  ["ahead", 365 * DAY],
  ["back", -2 * DAY],
])("a preview outlasts a wall clock that is set %s, and its rows are written", async (_, ms) => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now });
  const { send, asked } = await startReports(undefined);
  const ask = (path: string, body?: string) =>
    send(path, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "text/csv" },
      ...(body && { body }),
    });
  const preview = await ask("/imports/unit-rents?dryRun=1", "Unit in Alma,Target rent\n9199,13.5\n");
  expect(preview.text).toContain("can be done");
  const path = preview.headers.get("location") ?? "";
  asked();
  vi.setSystemTime(now + ms);
  const run = await ask(`${path}/run`);
  expect([run.status, run.headers.get("location")]).toEqual([303, expect.stringMatching(/jobs\/[\w-]/)]);
  const rows = async (): Promise<string> => {
    const { text } = await send(`${run.headers.get("location")}.csv`);
    return text.includes(",to come,") ? rows() : text;
  };
  expect(await rows()).toContain("Unit:9199,13.50,2,done");
  expect(asked().filter((call) => !call.startsWith("GET"))).toEqual(["PATCH realty/units/9199/"]);
  expect((await send(`${path}.csv`)).status).toBe(200);
});
