import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { ENTRY_FORMAT, READING_TIMES } from "../../catalog/index.ts";
import type { LastingStore } from "../lasting/lasting-store.ts";
import { recordViews, sqlite } from "../view/record-view.ts";
import type { SqliteFile, SqliteFileOptions } from "./sqlite-file.ts";
import type { FileAnswer, FileMethod } from "./sqlite-thread.ts";

/**
 * Opens a file, or makes it; its calls are synchronous, so that a thread of its own makes them. `key`: that it is
 * encrypted with. Throws an Error with a sentence if it cannot be used.
 */
export async function openSqliteStore(
  path: string,
  key: Buffer | undefined,
  almaUrl: string,
): Promise<LastingStore> {
  const thread = new Worker(threadProgram(), { workerData: sqliteOptions(path, key, almaUrl) });
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
      const { result, error } =
        end ??
        (await new Promise<FileAnswer>((resolve) => {
          // It throws if these cannot be sent.
          thread.postMessage({ method: name, args });
          waiting.push(resolve);
        }));
      if (error !== undefined) throw new Error(error);
      // Safe: it is what the method has returned.
      return result as ReturnType<SqliteFile[M]>;
    };
  const nextEntries = method("nextEntries");
  const close = () => method("close")().finally(() => thread.terminate());
  try {
    return {
      left: await method("open")(),
      async *entries() {
        // The next part is read while this one is worked on.
        for (let next = nextEntries(), part = await next; part; part = await next) {
          next = nextEntries();
          yield part;
        }
      },
      begin: method("begin"),
      commit: method("commit"),
      hasCommit: method("hasCommit"),
      changes: method("changes"),
      forgetChanges: method("forgetChanges"),
      noteIntent: method("noteIntent"),
      findKey: method("findKey"),
      keepKey: method("keepKey"),
      close,
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/** As `openSqliteStore`. */
export const sqliteOptions = (path: string, key: Buffer | undefined, almaUrl: string): SqliteFileOptions => ({
  path,
  key,
  almaUrl,
  entryFormat: ENTRY_FORMAT,
  readingTimes: READING_TIMES,
  views: recordViews(sqlite),
});

/** The thread's program, compiled as this file is or not; no thread takes over that tsx runs the process. */
function threadProgram(): URL {
  const extension = extname(import.meta.url);
  const program = new URL(`sqlite-thread${extension}`, import.meta.url);
  if (extension !== ".ts") return program;
  const tsx = import.meta.resolve("tsx/esm/api");
  const code = `import { register } from "${tsx}"; register(); await import("${program}");`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
