import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  createFatalRequests,
  nameOfRequest,
  REFUSED_FOR,
  requestKeyOf,
} from "../../../src/server/observe/fatal-requests.ts";
import { sqliteFatalRequests } from "../../../src/store/index.ts";
import { openNotes } from "../../../src/store/sqlite/fatal-requests-thread.ts";

afterEach(() => void vi.useRealTimers());

const requestOf = (id: string, caller: string, bodyText: string | null, method = "POST", url = "/graphql") =>
  requestKeyOf({ id, caller: { id: caller }, bodyText, raw: { method, url } } as never);

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

function notesInFile() {
  const folder = mkdtempSync(join(tmpdir(), "alma-ended-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return sqliteFatalRequests(join(folder, "gateway.db"), REFUSED_FOR);
}

test("a note in a file counts for ten minutes, also after the clock was set back, and can be removed", async () => {
  vi.useFakeTimers({ now: Date.parse("2026-11-30T12:00:00Z"), toFake: ["Date"] });
  const place = notesInFile();
  expect((await place.read()).size).toBe(0);
  const first = openNotes(place.data);
  first.note("a");
  first.clear();
  expect(existsSync(place.data.path)).toBe(false);
  first.note("a");
  const second = openNotes(place.data);
  second.note("b");
  expect([...(await place.read()).keys()]).toEqual(["a", "b"]);
  second.clear();
  expect([...(await place.read())]).toEqual([["a", REFUSED_FOR]]);
  vi.setSystemTime(Date.parse("2026-11-29T12:00:00Z"));
  expect([...(await place.read())]).toEqual([["a", REFUSED_FOR]]);
  vi.setSystemTime(Date.parse("2026-11-30T12:10:00Z"));
  expect((await place.read()).size).toBe(0);
  openNotes(place.data).note("c");
  expect(readFileSync(place.data.path, "utf8")).toBe(`c ${Date.now()}\n`);
});

test("notes are read at the start, in each term, and while this process does not lead", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const notes = new Map<string, number>();
  let reads = 0;
  const place = {
    program: "",
    data: undefined,
    async read() {
      reads++;
      if (notes.has("unreadable")) throw new Error("The store does not answer.");
      return notes;
    },
  };
  const alone = createFatalRequests(place, undefined);
  notes.set(nameOfRequest("a"), 1_000);
  expect(await alone.refusedFor("a")).toBe(1_000);
  notes.set(nameOfRequest("b"), 1_000);
  // A cached answer is not a promise.
  expect([alone.refusedFor("b"), reads]).toEqual([0, 1]);
  vi.advanceTimersByTime(999);
  expect(alone.refusedFor("a")).toBe(1);
  vi.advanceTimersByTime(1);
  expect(alone.refusedFor("a")).toBe(0);

  let term: string | undefined = "one";
  const member = createFatalRequests(place, { term: () => term });
  expect(await member.refusedFor("b")).toBe(1_000);
  notes.set(nameOfRequest("c"), 1_000);
  expect([member.refusedFor("c"), reads]).toEqual([0, 2]);
  term = "two";
  notes.set("unreadable", 1);
  expect(await member.refusedFor("c")).toBe(0);
  notes.delete("unreadable");
  expect(await member.refusedFor("c")).toBe(1_000);
  term = undefined;
  notes.set(nameOfRequest("d"), 1_000);
  expect([await member.refusedFor("d"), await member.refusedFor("d"), reads]).toEqual([1_000, 1_000, 6]);
  expect(createFatalRequests(undefined, undefined).refusedFor("a")).toBe(0);
});
