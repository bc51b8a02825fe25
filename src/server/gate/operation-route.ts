import type { preParsingHookHandler, preValidationHookHandler } from "fastify";

/** The hooks of every route that executes operations: they bound the body, hand on to the leader, and take a place. */
export interface OperationRouteHooks {
  readonly preParsing: preParsingHookHandler[];
  readonly preValidation: preValidationHookHandler;
}
