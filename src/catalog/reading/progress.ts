import { AlmaError } from "../../alma/index.ts";
import type { Kind } from "../store/kind.ts";

/** How many records have been read for the first time. */
export interface ReadCount {
  readonly read: number;
  /** Undefined until it is known how many there are. */
  readonly of: number | undefined;
}

/** How far the first reading of a kind is. */
export interface KindProgress extends ReadCount {
  readonly kind: Kind;
  /** Why the list could not be read at the last try, which will not be the last. */
  readonly failure?: string;
}

/** How far the first reading of everything is. */
export interface WarmUpProgress {
  /** Whether it is over, or there is none to be done. */
  readonly warm: boolean;
  readonly kinds: readonly KindProgress[];
  /** What listed records refer to and no list names, if there is any. */
  readonly unlisted?: ReadCount;
}

/** Why an operation that needs all of something waited for it in vain. */
export function warmingError(what: string, { read, of }: ReadCount): AlmaError {
  return new AlmaError(
    "CATALOG_WARMING",
    `The gateway has just started and is still reading ${what} (${read} of ${of ?? "an unknown number"} so far), ` +
      "and this question needs them all. Ask again in a moment; /health/ready shows the progress.",
  );
}
