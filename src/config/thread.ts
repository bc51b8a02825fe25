import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** The folder of the code: `src/`, where this module is in `config/`, or `dist/`, where it is in `chunk/`. */
export const codeFolder = new URL("../", import.meta.url);

/** Returns the URL of a file or folder next to the code folder, such as `schema/`. */
export const inPackage = (path: string): URL => new URL(`../${path}`, codeFolder);

const extension = extname(import.meta.url);

/** Returns the URL of a program, such as `store/sqlite/sqlite-thread`. */
export const programUrl = (name: string): URL => new URL(`${name}${extension}`, codeFolder);

/** Starts a program in a thread. */
export function startThread(name: string, options: WorkerOptions): Worker {
  const program = programUrl(name);
  if (extension !== ".ts") return new Worker(program, options);
  // Threads do not inherit tsx from the process.
  const tsx = import.meta.resolve("tsx/esm/api");
  const code = `import { register } from "${tsx}"; register(); await import("${program}");`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options);
}
