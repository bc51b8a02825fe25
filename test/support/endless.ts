/** A text on which a gateway that was started with `endless` never gets done once it compares it. */
export const ENDLESS = "für immer";

/** A query of that text, or of others. */
export const namedQuery =
  "query Named($text: String) { __typename units(filter: { name: { contains: $text } }) { totalCount } }";

/** Options of Node that have a gateway run this code when it compares `ENDLESS`. */
export function endless(code = "while (true);"): string {
  const preload = `
    import { Worker } from "node:worker_threads";
    const { normalize } = String.prototype;
    String.prototype.normalize = function (...form) {
      if (String(this) === "${ENDLESS}") { ${code} }
      return normalize.apply(this, form);
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(preload)}`;
}
