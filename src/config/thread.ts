import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";

/** Starts a program beside the module of `url` in a thread; it is compiled as that module is, or not. */
export function startThread(url: string, name: string, options: WorkerOptions): Worker {
  const extension = extname(url);
  const program = new URL(`${name}${extension}`, url);
  if (extension !== ".ts") return new Worker(program, options);
  // No thread takes over that tsx runs the process.
  const tsx = import.meta.resolve("tsx/esm/api");
  const code = `import { register } from "${tsx}"; register(); await import("${program}");`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options);
}
