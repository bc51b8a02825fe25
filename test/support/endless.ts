/** A text whose comparison never ends in a gateway started with `endless`. */
export const ENDLESS = "für immer";

/** A query for this text, or for others. */
export const namedQuery =
  "query Named($text: String) { __typename units(filter: { name: { contains: $text } }) { totalCount } }";

/** Code that blocks the event loop forever without using CPU. */
export const block = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";

/** Node options that make a gateway run this code when it compares `ENDLESS`. */
export function endless(code = block): string {
  const preload = `
    import { Worker } from "node:worker_threads";
    const { normalize } = String.prototype;
    String.prototype.normalize = function (...form) {
      if (String(this) === "${ENDLESS}") { ${code} }
      return normalize.apply(this, form);
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(preload)}`;
}
