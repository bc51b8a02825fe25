import type { AnsweredOperation, ResolvedOperation, SingleResponse } from "../../graph/index.ts";
import type { ServerContext } from "../observe/server-context.ts";

type Resolved = ResolvedOperation<ServerContext>;
type Answered = AnsweredOperation<ServerContext>;

/**
 * A step on the way of an operation. It throws what refuses the operation, ends its list with a result, or lets the
 * next step go on. A step that has nothing to wait for gives no promise, which costs each operation a turn.
 */
type Step<O, P, R = void> = (operation: O, parts: P) => R | Promise<R>;

/** The steps of every operation. */
export interface StepLists<P> {
  readonly judge: readonly Step<Resolved, P>[];
  readonly answer: readonly Step<Resolved, P, SingleResponse | undefined>[];
  /** Each returns what ends it. What begins last ends first. */
  readonly write: readonly ((operation: Resolved, parts: P) => () => void)[];
  readonly complete: readonly Step<Answered, P>[];
}

/** Runs the steps of each list one after the other, with these parts of the server. */
export const bindSteps = <P>({ judge, answer, write, complete }: StepLists<P>, parts: P) => ({
  judge: (operation: Resolved) => run(judge, operation, parts),
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

async function run<O, P, R>(steps: readonly Step<O, P, R>[], operation: O, parts: P): Promise<R | undefined> {
  for (const step of steps) {
    const done = step(operation, parts);
    const result = done instanceof Promise ? await done : done;
    if (result) return result;
  }
  return undefined;
}
