import { AlmaError } from "../alma/index.ts";
import type { Kind } from "./kind.ts";

/** How many records have been read for the first time. */
export interface Count {
  readonly read: number;
  /** Undefined until it is known how many there are. */
  readonly of: number | undefined;
}

/** How far the first reading of a kind is. */
export interface Progress extends Count {
  readonly kind: Kind;
  /** Why the list could not be read at the last try, which will not be the last. */
  readonly failure?: string;
}

/** How far the first reading of everything is. */
export interface FirstReading {
  /** Whether it is over, or there is none to be done. */
  readonly warm: boolean;
  readonly kinds: readonly Progress[];
  /** What listed records refer to and no list names, if there is any. */
  readonly unlisted?: Count;
}

/** Why an operation that needs all of something waited for it in vain. */
export function warming(what: string, { read, of }: Count): AlmaError {
  return new AlmaError(
    "CATALOG_WARMING",
    `The gateway has just started and is still reading ${what} (${read} of ${of ?? "an unknown number"} so far), ` +
      "and this question needs them all. Ask again in a moment; /health/ready shows the progress.",
  );
}
