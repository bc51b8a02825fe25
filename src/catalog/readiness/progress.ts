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

/** Why an explanation is not exact: the warm-up reads what the operation needs. */
export function warmingDoubt(what: string, { read, of }: ReadCount): string {
  return (
    `The gateway has just started and is still reading ${what} (${read} of ${of ?? "an unknown number"} so far). ` +
    "The query waits for them, and needs no calls of its own for them."
  );
}

/** CATALOG_WARMING: an operation's time was up before the warm-up had read what it needs. */
export function warmingError(what: string, { read, of }: ReadCount): AlmaError {
  return new AlmaError(
    "CATALOG_WARMING",
    `The gateway has just started and is still reading ${what} (${read} of ${of ?? "an unknown number"} so far), ` +
      "and this question needs them all. Ask again in a moment; /health/ready shows the progress.",
  );
}
