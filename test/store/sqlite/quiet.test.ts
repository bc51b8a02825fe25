import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { CatalogEntry } from "../../../src/catalog/index.ts";
import { createPublisher } from "../../../src/share/replication/publisher.ts";
import { SQLITE_READ_TIMES_DELAY } from "../../../src/share/single-process.ts";
import { createSeal, type LastingStore } from "../../../src/store/index.ts";
import { createSqliteFile } from "../../../src/store/sqlite/sqlite-file.ts";
import { sqliteOptions } from "../../../src/store/sqlite/sqlite-store.ts";
import { letFilesClose, storeFolder } from "./folder.ts";

const QUARTER_HOUR = 900_000;
const SECOND = 1_000;
const RECORDS = 1_000;

/** Bytes that this process has passed to the system for writing. */
const written = () => Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

test.skipIf(process.platform !== "linux")(
  "reading everything again for a quarter of an hour without changes writes less than 4 MB",
  async () => {
    const { path } = await storeFolder();
    const file = createSqliteFile(sqliteOptions(path, Buffer.alloc(32, 7), "http://alma"));
    onTestFinished(async () => {
      file.close();
      await letFilesClose();
    });
    file.open();
    file.beginChanges("sole", "term");
    let now = 0;
    let due: (() => void) | undefined;
    let read: number[] = Array.from({ length: RECORDS }, (_, id) => id);
    let commits = 0;
    const entry = (id: number): CatalogEntry => ({
      key: `record:unit:${id}`,
      value: JSON.stringify({
        at: now,
        detailAt: now,
        detail: { values: { name: `Unit ${id}`, text: "x".repeat(600) } },
      }),
      shown: { kind: "unit", id, fields: JSON.stringify({ name: `Unit ${id}` }) } as CatalogEntry["shown"],
    });
    const publisher = createPublisher({
      store: {
        commit: async (commit) => {
          commits++;
          return file.commit(commit);
        },
      } as LastingStore,
      seal: createSeal(Buffer.alloc(32, 7)),
      ...{ token: "sole", seq: 0, readTimesDelay: SQLITE_READ_TIMES_DELAY, clock: () => now },
      runtime: {
        now: () => now,
        wall: () => now,
        sleep: async () => {},
        after: (_, run) => {
          due = run;
          return () => {};
        },
        randomId: () => `${commits}`,
      },
      takeChanges: () => read.splice(0).map(entry)[Symbol.iterator](),
      changeSource: {
        lastReadPeriod: { n: 0, since: 0, until: 1 },
        ...{
          take: () => ({ changes: [], lost: undefined }),
          hasUntaken: false,
          noteStored() {},
          noteLoss() {},
        },
      },
      allEntries: () => [][Symbol.iterator](),
      ...{ onRefusal() {}, onLeftOut() {}, onOver() {} },
    });
    await publisher.publish();
    const [before, commitsBefore] = [written(), commits];
    for (let next = 0; now < QUARTER_HOUR; now += SECOND) {
      // Each is read once.
      for (; next < (RECORDS * now) / QUARTER_HOUR; next++) read.push(next);
      due?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await publisher.publish();
    publisher.stop();
    expect(commits - commitsBefore).toBeGreaterThan(80);

    expect(written() - before).toBeLessThan(4_000_000);
    read = [];
  },
);
