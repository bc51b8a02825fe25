import { parentPort, workerData } from "node:worker_threads";
import { createSqliteFile, type SqliteFile } from "./sqlite-file.ts";
import { describeUnusable, isState } from "./unusable-store.ts";

/** A method of `SqliteFile`. */
export type FileMethod = keyof SqliteFile;

/** The answer to a call. Calls are answered in order. */
export interface FileAnswer {
  readonly result?: unknown;
  readonly error?: string;
  /** Whether the file refuses all writes for now. */
  readonly isState?: boolean;
}

/** The methods that determine whether the file can be used. */
const opening: readonly FileMethod[] = ["open", "nextEntries", "readings", "intents", "beginChanges"];

// Node warns on standard error that its SQLite is experimental.
process.removeAllListeners("warning");
const file = createSqliteFile(workerData);
parentPort?.on("message", ({ method, args }: { readonly method: FileMethod; readonly args: unknown[] }) => {
  let answer: FileAnswer;
  try {
    // Safe: calls have the types of the methods.
    const call = file[method] as (...args: unknown[]) => unknown;
    answer = { result: call(...args) };
  } catch (error) {
    const { message } = error as Error;
    answer = {
      error: opening.includes(method)
        ? `STORE_URL names ${workerData.path}, which ${describeUnusable(error as Error)}`
        : message,
      isState: isState(error as Error),
    };
  }
  parentPort?.postMessage(answer);
});
