import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** The folder of the code, `src/` or `dist/`: the first has this module in `config/`, the second in `chunk/`. */
export const codeFolder = new URL("../", import.meta.url);

/** A file or folder of the package that is beside the code, such as `schema/`. */
export const inPackage = (path: string): URL => new URL(`../${path}`, codeFolder);

const extension = extname(import.meta.url);

/** Where a program of the code is, such as `store/sqlite/sqlite-thread`. */
export const programUrl = (name: string): URL => new URL(`${name}${extension}`, codeFolder);

/** Starts a program of the code in a thread. */
export function startThread(name: string, options: WorkerOptions): Worker {
  const program = programUrl(name);
  if (extension !== ".ts") return new Worker(program, options);
  // No thread takes over that tsx runs the process.
  const tsx = import.meta.resolve("tsx/esm/api");
  const code = `import { register } from "${tsx}"; register(); await import("${program}");`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options);
}
