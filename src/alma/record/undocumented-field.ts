import type { AlmaLog } from "../http/log.ts";

/** More names than this are none of Alma's doing: they are counted, but no longer remembered. */
const MAX_REMEMBERED = 1_000;

/** Tells the observer of each undocumented field that Alma answers, and the log once for each name. */
export function undocumentedFields(
  log: AlmaLog,
  onUndocumentedField: ((field: { readonly kind: string; readonly field: string }) => void) | undefined,
): (kind: string, field: string) => void {
  const seen = new Set<string>();
  return (kind, field) => {
    onUndocumentedField?.({ kind, field });
    const key = `${kind} ${field}`;
    if (seen.has(key) || seen.size >= MAX_REMEMBERED) return;
    seen.add(key);
    log.info({ kind, field }, "Alma answers a field that the gateway does not know; it is ignored");
  };
}
