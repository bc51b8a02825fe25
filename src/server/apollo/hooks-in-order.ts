import type { GraphQLRequestContextExecutionDidStart } from "@apollo/server";
import type { OperationHooks, SingleResponse } from "../../graph/index.ts";
import type { ServerContext } from "../gate/server-context.ts";

type Hooks = OperationHooks<ServerContext>;
type Place = keyof Hooks;
type ContextOf<P extends Place> = Parameters<Required<Hooks>[P]>[0];

/**
 * Runs the hooks of each place one after the other; Apollo Server starts those of all plugins at once. What one refuses
 * costs no other any work, and what one changes in a response is seen by the next. What begins last ends first.
 */
export class HooksInOrder {
  readonly #hooks: { readonly [P in Place]: readonly Required<Hooks>[P][] };

  constructor(hooks: readonly Hooks[]) {
    const of = <P extends Place>(place: P) =>
      hooks.flatMap(({ [place]: hook }) => hook ?? []) as Required<Hooks>[P][];
    this.#hooks = {
      requestDidStart: of("requestDidStart"),
      parsingDidStart: of("parsingDidStart"),
      validationDidStart: of("validationDidStart"),
      didResolveOperation: of("didResolveOperation"),
      responseForOperation: of("responseForOperation"),
      executionDidStart: of("executionDidStart"),
      didEncounterErrors: of("didEncounterErrors"),
      willSendResponse: of("willSendResponse"),
    };
  }

  begin(context: ContextOf<"requestDidStart">): void {
    for (const hook of this.#hooks.requestDidStart) hook(context);
  }

  /** Returns what ends the place. */
  startParsing(context: ContextOf<"parsingDidStart">): () => Promise<void> {
    return startAll(this.#hooks.parsingDidStart, context);
  }

  /** Returns what ends the place. */
  startValidation(context: ContextOf<"validationDidStart">): () => Promise<void> {
    return startAll(this.#hooks.validationDidStart, context);
  }

  /** Checks an operation before it is executed. Throws what refuses it. */
  check(context: ContextOf<"didResolveOperation">): Promise<void> {
    return callAll(this.#hooks.didResolveOperation, context);
  }

  /** The response of the first hook that has one. */
  async respond(context: ContextOf<"responseForOperation">): Promise<SingleResponse | null> {
    for (const hook of this.#hooks.responseForOperation) {
      const response = hook(context);
      const known = response instanceof Promise ? await response : response;
      if (known) return known;
    }
    return null;
  }

  /** Returns what ends the place. */
  startExecution(context: GraphQLRequestContextExecutionDidStart<ServerContext>): () => Promise<void> {
    return startAll(this.#hooks.executionDidStart, context);
  }

  noteErrors(context: ContextOf<"didEncounterErrors">): Promise<void> {
    return callAll(this.#hooks.didEncounterErrors, context);
  }

  send(context: ContextOf<"willSendResponse">): Promise<void> {
    return callAll(this.#hooks.willSendResponse, context);
  }
}

async function callAll<C>(hooks: readonly ((context: C) => unknown)[], context: C): Promise<void> {
  for (const hook of hooks) {
    const done = hook(context);
    if (done instanceof Promise) await done;
  }
}

function startAll<C>(hooks: readonly ((context: C) => (() => void) | undefined)[], context: C) {
  const ends = hooks.map((hook) => hook(context)).reverse();
  return async () => {
    for (const end of ends) end?.();
  };
}
