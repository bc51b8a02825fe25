import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { endedLine, nameRequest, readEndedRequests } from "../../../src/server/observe/ended-requests.ts";

afterEach(() => void vi.useRealTimers());

const requestOf = (id: string, caller: string, bodyText: string | null, method = "POST", url = "/graphql") =>
  nameRequest({ id, caller: { id: caller }, bodyText, raw: { method, url } } as never);

test("a request has the name of its caller, its document and its variables", () => {
  expect(requestOf("1", "one", "{a}")).toBe(requestOf("2", "one", "{a}"));
  expect(requestOf("1", "one", null, "GET", "/reports/a.csv")).toBe(
    requestOf("2", "one", null, "GET", "/reports/a.csv"),
  );
  const names = [
    requestOf("1", "one", "{a}"),
    requestOf("1", "two", "{a}"),
    requestOf("1", "one", "{b}"),
    requestOf("1", "one", null, "GET", "/reports/a.csv"),
    // A form, and a row of a job.
    requestOf("1", "one", null),
    requestOf("job:x:1", "one", null),
  ];
  expect(new Set(names).size).toBe(names.length);
});

test("what ended a process is known for ten minutes, also after the clock was set back", () => {
  const folder = mkdtempSync(join(tmpdir(), "alma-ended-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "gateway.db.ended");
  expect(readEndedRequests(file).size).toBe(0);
  expect(readEndedRequests(undefined).size).toBe(0);
  vi.useFakeTimers({ now: Date.parse("2026-11-30T12:00:00Z"), toFake: ["Date"] });
  writeFileSync(file, endedLine("a") + endedLine("b"));
  expect([...readEndedRequests(file).keys()]).toEqual(["a", "b"]);
  vi.setSystemTime(Date.parse("2026-11-29T12:00:00Z"));
  const [until = 0] = readEndedRequests(file).values();
  expect(until - performance.now()).toBeLessThanOrEqual(600_000);
  vi.setSystemTime(Date.parse("2026-11-30T12:10:00Z"));
  expect(readEndedRequests(file).size).toBe(0);
});
