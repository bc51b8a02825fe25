import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createSqliteFile } from "../../../src/store/sqlite/sqlite-file.ts";
import { sqliteOptions } from "../../../src/store/sqlite/sqlite-store.ts";
import { leaseInput } from "../../graph/start.ts";
import { has } from "../../support/has.ts";
import { letFilesClose, storeFolder } from "./folder.ts";
import { runSql } from "./run-sql.ts";
import { watchedFile } from "./watched-file.ts";

const HOUR = 3_600_000;
const YEARS = 20 * 365 * 24 * HOUR;

afterEach(() => void vi.restoreAllMocks());

/** Sets the wall clock forward or back. */
function setClock(by: number): void {
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + by);
}

/** A file that is opened repeatedly in this thread. */
async function keptFile() {
  const { path } = await storeFolder();
  let open: ReturnType<typeof createSqliteFile> | undefined;
  onTestFinished(() => open?.close());
  return async () => {
    open?.close();
    await letFilesClose();
    open = createSqliteFile(sqliteOptions(path, undefined, "http://alma"));
    open.open();
    open.beginChanges("sole", "term");
    const file = open;
    const commit = () =>
      file.commit({
        ...{ token: "sole", seq: 1, id: "1", at: 0, entries: [], changes: [], lost: undefined },
        ...{ readings: null, replacesAll: false, readPeriod: undefined },
      });
    return { file, commit, read: () => Buffer.from(file.findValue("key")?.value ?? "").toString() };
  };
}

const key = { name: "key", ms: 24 * HOUR, value: Buffer.from("answer") };

test.each([
  ["25 hours ahead", 25 * HOUR],
  ["a year back", -365 * 24 * HOUR],
])("a key outlasts a start with the clock %s, and the next one with it right", async (_, by) => {
  const start = await keptFile();
  (await start()).file.storeValue("sole", key);
  setClock(by);
  const wrong = await start();
  wrong.commit();
  expect(wrong.read()).toBe("answer");
  vi.restoreAllMocks();
  const right = await start();
  right.commit();
  expect(right.read()).toBe("answer");
});

test("a key expires by the running time of gateways, and the rest is reported", async () => {
  const start = await keptFile();
  let now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const first = await start();
  first.file.storeValue("sole", key);
  now += 10 * HOUR;
  first.commit();
  expect(first.file.findValue("key")?.ms).toBe(14 * HOUR);
  now += 100 * HOUR;
  const second = await start();
  // Another process's clock may start anywhere; time that was not recorded is not counted.
  expect(second.file.findValue("key")?.ms).toBe(14 * HOUR);
  now += 14 * HOUR;
  second.commit();
  expect(second.read()).toBe("");
});

test("starting with the clock years ahead does not age a write of unknown outcome", async () => {
  const file = await watchedFile({ WRITE_SETTLING_TIME: "30", ALMA_TIMEOUT: "1" });
  const first = await file.start();
  file.alma.faults.add({ kind: "reset", times: 1, when: ({ path }) => path.includes("archive") });
  await first.ask("mutation { archiveRoom(ref: { almaId: 11 }) { userErrors { code } } }");
  const killed = await file.copy();
  setClock(YEARS);
  const second = await file.start({}, killed);
  expect(
    await second.ask(
      `mutation { createTenantContract(input: ${leaseInput("t-9")}) { userErrors { code } } }`,
    ),
  ).toMatchObject({ errors: [{ extensions: { code: "WRITE_UNSETTLED" } }] });
});

if (has("history"))
  test("starting with the clock years ahead does not age the history", async () => {
    const file = await watchedFile({ HISTORY_KEEP: "30d" });
    const first = await file.start();
    await first.read();
    file.data.units.change(1, { address: "Elsewhere" });
    await first.read();
    await first.close();
    const rows = () => runSql(file.path, "SELECT * FROM change WHERE field = 'address'");
    expect(rows()).toHaveLength(1);
    setClock(YEARS);
    const second = await file.start();
    await second.read();
    await second.close();
    expect(rows()).toHaveLength(1);
  });
