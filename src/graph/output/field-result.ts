import type { Turn } from "./execution-limits.ts";

// What is called in place of a field's resolver. Closures are made here, since a function that may make one costs all
// of its calls the memory for it.

/** In place of a resolver that has been called. */
export const returning = (value: unknown) => () => value;

/** In place of a resolver that has failed. */
export const throwing = (error: unknown) => (): never => {
  throw error;
};

/** In place of a resolver, if the execution may not go on after a turn. */
export function failureOf(turn: Turn | undefined): (() => never) | undefined {
  return turn?.error === undefined ? undefined : throwing(turn.error);
}
