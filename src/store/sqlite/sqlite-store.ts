import { ENTRY_FORMAT } from "../../catalog/index.ts";
import { startThread } from "../../config/index.ts";
import { type LastingStore, StoreRefuses } from "../lasting/lasting-store.ts";
import { createSeal, type Seal } from "../sealed/seal.ts";
import { recordViews, sqlite } from "../view/record-view.ts";
import { bufferOf, type Moment, type SqliteFile, type SqliteFileOptions } from "./sqlite-file.ts";
import type { FileAnswer, FileMethod } from "./sqlite-thread.ts";
import { damage } from "./unusable-store.ts";

/** A store in a file, and what is known of its owner before. */
export interface SqliteStore extends LastingStore {
  /** The last known moment of the process before; undefined if there was none. Rejects if it cannot be used. */
  readonly left: Promise<Moment | undefined>;
  beginChanges(token: string, name: string): Promise<ReturnType<SqliteFile["beginChanges"]>>;
  /** Throws an Error with a sentence where what is stored is damaged. */
  readonly seal: Seal;
}

/**
 * Begins to open a file, or to make it; its calls are synchronous, so that a thread of its own makes them, in their
 * order. `key`: that it is encrypted with. `left` rejects with a sentence if it cannot be used.
 */
export function openSqliteStore(path: string, key: Buffer | undefined, almaUrl: string): SqliteStore {
  const thread = startThread("store/sqlite/sqlite-thread", {
    workerData: sqliteOptions(path, key, almaUrl),
  });
  /** What settles the calls that are not answered yet, in their order. */
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
          // It throws if these cannot be sent.
          thread.postMessage({ method: name, args });
          waiting.push(resolve);
        }));
      if (error !== undefined) throw isState ? new StoreRefuses(error) : new Error(error);
      // Safe: it is what the method has returned.
      return result as ReturnType<SqliteFile[M]>;
    };
  const [nextEntries, readings, intents] = [method("nextEntries"), method("readings"), method("intents")];
  const kept = method("kept");
  const seal = createSeal(key);
  return {
    left: method("open")(),
    seal: {
      ...seal,
      open(name, sealed) {
        try {
          return seal.open(name, sealed);
        } catch {
          throw new Error(`STORE_URL names ${path}, which ${damage().message}`);
        }
      },
    },
    async *entries() {
      // The next part is read while this one is worked on.
      for (let next = nextEntries(), part = await next; part; part = await next) {
        next = nextEntries();
        yield part;
      }
    },
    readings: async () => (await readings()).map(bufferOf),
    intents: async () => (await intents()).map(([id, value]) => [id, bufferOf(value)] as const),
    async kept(name) {
      const found = await kept(name);
      return found && { ...found, value: bufferOf(found.value) };
    },
    beginChanges: method("beginChanges"),
    commit: method("commit"),
    hasCommit: method("hasCommit"),
    changes: method("changes"),
    forgetChanges: method("forgetChanges"),
    beginIntent: method("beginIntent"),
    endIntents: method("endIntents"),
    keep: method("keep"),
    unkeep: method("unkeep"),
    close: () => method("close")().finally(() => thread.terminate()),
  };
}

/** As `openSqliteStore`. */
export const sqliteOptions = (path: string, key: Buffer | undefined, almaUrl: string): SqliteFileOptions => ({
  path,
  key,
  almaUrl,
  entryFormat: ENTRY_FORMAT,
  views: recordViews(sqlite),
});
