import type {
  AnsweredOperation,
  PromiseOrValue,
  ResolvedOperation,
  SingleResponse,
} from "../../graph/index.ts";
import type { ServerContext } from "../observe/server-context.ts";

type Resolved = ResolvedOperation<ServerContext>;
type Answered = AnsweredOperation<ServerContext>;

/**
 * A step of an operation. Throws to refuse the operation, returns a result to end its list, or returns nothing to
 * continue with the next step. Synchronous steps return no promise, since each promise costs a microtask.
 */
type Step<O, P, R = void> = (operation: O, parts: P) => PromiseOrValue<R>;

/** The steps of every operation. */
export interface StepLists<P> {
  readonly check: readonly Step<Resolved, P>[];
  readonly answer: readonly Step<Resolved, P, SingleResponse | undefined>[];
  /** Each step returns a function that ends it. They end in reverse order. */
  readonly write: readonly ((operation: Resolved, parts: P) => () => void)[];
  readonly complete: readonly Step<Answered, P>[];
}

/** Binds the steps to the parts of the server. Each list runs in order. */
export const bindSteps = <P>({ check, answer, write, complete }: StepLists<P>, parts: P) => ({
  check: (operation: Resolved) => run(check, operation, parts),
  answer: (operation: Resolved) => run(answer, operation, parts),
  write(operation: Resolved): () => void {
    const ends = write.map((step) => step(operation, parts)).reverse();
    return () => {
      for (const end of ends) end();
    };
  },
  complete: (operation: Answered) => run(complete, operation, parts),
});

export type BoundSteps = ReturnType<typeof bindSteps>;

function run<O, P, R>(
  steps: readonly Step<O, P, R>[],
  operation: O,
  parts: P,
  first = 0,
): PromiseOrValue<R | undefined> {
  for (let index = first; index < steps.length; index++) {
    const done = steps[index]?.(operation, parts);
    if (done instanceof Promise)
      return done.then((result) => result || run(steps, operation, parts, index + 1));
    if (done) return done;
  }
  return undefined;
}
