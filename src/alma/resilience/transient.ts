import type { AlmaResponse } from "../http/send.ts";

/** Statuses after which a retry may help. */
const TRANSIENT = new Set([429, 502, 503, 504]);

/**
 * Keeps a response to be returned later, when less of its Retry-After remains. Undefined for a truncated response,
 * which is of no use.
 */
export function keepResponse(response: AlmaResponse): (() => AlmaResponse) | undefined {
  if (!TRANSIENT.has(response.status)) return undefined;
  const { retryAfter = 0, ...rest } = response;
  const retryAt = performance.now() + retryAfter;
  return () => {
    const remaining = retryAt - performance.now();
    return remaining > 0 ? { ...rest, retryAfter: remaining } : rest;
  };
}

/** Whether a retry may help. A body that begins as JSON and does not parse was truncated on its way. */
export function isTransient(response: AlmaResponse): boolean {
  if (TRANSIENT.has(response.status)) return true;
  return (
    response.status >= 200 &&
    response.status < 300 &&
    "text" in response.body &&
    /^\s*[[{]/.test(response.body.text)
  );
}
