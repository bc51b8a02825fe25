import { AlmaError } from "../../alma/index.ts";
import type { Kind } from "../record/kind.ts";

/** How many records the warm-up has read. */
export interface ReadCount {
  readonly read: number;
  /** Undefined until it is known how many there are. */
  readonly of: number | undefined;
}

/** How far the warm-up of a kind is. */
export interface KindProgress extends ReadCount {
  readonly kind: Kind;
  /** Why the last read of the list failed; it is tried again. */
  readonly failure?: string;
}

/** How far the warm-up is. */
export interface WarmUpProgress {
  /** Whether it is over, or there is no background work. */
  readonly warm: boolean;
  readonly kinds: readonly KindProgress[];
  /** Unlisted records that others refer to, if there are any. */
  readonly unlisted?: ReadCount;
}

/** What the warm-up reads; `isAgain` if it grew old while nobody asked for it. */
function reading(what: string, { read, of }: ReadCount, isAgain: boolean): string {
  const count = `(${read} of ${of ?? "an unknown number"} so far)`;
  return isAgain
    ? `Nobody has asked for them for an hour, so the gateway is reading ${what} again ${count}`
    : `The gateway has just started and is still reading ${what} ${count}`;
}

/** Why an explanation is not exact: the warm-up reads what the operation needs. */
export function warmingDoubt(what: string, count: ReadCount, isAgain: boolean): string {
  return `${reading(what, count, isAgain)}. The query waits for them, and needs no calls of its own for them.`;
}

/** CATALOG_WARMING: an operation's time was up before the warm-up had read what it needs. */
export function warmingError(what: string, count: ReadCount, isAgain: boolean): AlmaError {
  return new AlmaError(
    "CATALOG_WARMING",
    `${reading(what, count, isAgain)}, and this question needs them all. Ask again in a moment` +
      (isAgain ? "." : "; /health/ready shows the progress."),
    { retryAfter: 5 },
  );
}
