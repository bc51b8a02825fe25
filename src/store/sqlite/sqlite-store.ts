import { ENTRY_FORMAT } from "../../catalog/index.ts";
import { startThread } from "../../config/index.ts";
import { typeNames } from "../lasting/forget-changes.ts";
import { type LastingStore, StoreRefusesError } from "../lasting/lasting-store.ts";
import { createSeal, type Seal } from "../sealed/seal.ts";
import { recordViews, sqlite } from "../view/sql-view.ts";
import type { ClockReading, SqliteFile, SqliteFileOptions } from "./sqlite-file.ts";
import type { FileAnswer, FileMethod } from "./sqlite-thread.ts";
import { damagedFileError } from "./unusable-store.ts";

/** A store in a file, with the data that its previous owner left. */
interface SqliteStore extends LastingStore {
  /** The last known moment of the previous process; undefined if there was none. Rejects if the file cannot be used. */
  readonly left: Promise<ClockReading | undefined>;
  beginChanges(token: string, name: string): Promise<ReturnType<SqliteFile["beginChanges"]>>;
  /** A seal that throws an Error with a full sentence if stored data is damaged. */
  readonly seal: Seal;
}

/**
 * Starts to open or create a file. Its calls are synchronous, so they run in a separate thread, in order. `key`: the
 * encryption key. `left` rejects with a full sentence if the file cannot be used.
 */
export function openSqliteStore(path: string, key: Buffer | undefined, almaUrl: string): SqliteStore {
  const thread = startThread("store/sqlite/sqlite-thread", {
    workerData: sqliteOptions(path, key, almaUrl),
  });
  /** Callbacks for the pending calls, in order. */
  const waiting: ((answer: FileAnswer) => void)[] = [];
  let end: FileAnswer | undefined;
  const fail = (message: string) => {
    end ??= { error: message };
    for (const settle of waiting.splice(0)) settle(end);
  };
  thread.on("message", (answer: FileAnswer) => waiting.shift()?.(answer));
  thread.on("error", ({ message }) => fail(message));
  thread.on("exit", () => fail("the thread of the store has ended"));
  const method =
    <M extends FileMethod>(name: M) =>
    async (...args: Parameters<SqliteFile[M]>): Promise<ReturnType<SqliteFile[M]>> => {
      const { result, error, isState } =
        end ??
        (await new Promise<FileAnswer>((resolve) => {
          // Throws if the arguments cannot be sent.
          thread.postMessage({ method: name, args });
          waiting.push(resolve);
        }));
      if (error !== undefined) throw isState ? new StoreRefusesError(error) : new Error(error);
      // Safe: returned by the method.
      return result as ReturnType<SqliteFile[M]>;
    };
  const nextEntries = method("nextEntries");
  const seal = createSeal(key);
  return {
    left: method("open")(),
    seal: {
      ...seal,
      open(name, sealed) {
        try {
          return seal.open(name, sealed);
        } catch {
          throw new Error(`STORE_URL names ${path}, which ${damagedFileError().message}`);
        }
      },
    },
    async *entries() {
      // Read the next part while this one is processed.
      for (let next = nextEntries(), part = await next; part; part = await next) {
        next = nextEntries();
        yield part;
      }
    },
    readings: method("readings"),
    intents: method("intents"),
    findValue: method("findValue"),
    beginChanges: method("beginChanges"),
    commit: method("commit"),
    hasCommit: method("hasCommit"),
    changes: method("changes"),
    forgetChanges: method("forgetChanges"),
    beginIntent: method("beginIntent"),
    endIntents: method("endIntents"),
    storeValue: method("storeValue"),
    deleteValue: method("deleteValue"),
    close: () => method("close")().finally(() => thread.terminate()),
  };
}

/** See `openSqliteStore`. */
export const sqliteOptions = (path: string, key: Buffer | undefined, almaUrl: string): SqliteFileOptions => ({
  path,
  key,
  almaUrl,
  entryFormat: ENTRY_FORMAT,
  views: recordViews(sqlite),
  typeNames,
});
