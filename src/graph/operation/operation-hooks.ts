import type {
  BaseContext,
  GraphQLRequestContext,
  GraphQLRequestContextDidEncounterErrors,
  GraphQLRequestContextDidResolveOperation,
  GraphQLRequestContextExecutionDidStart,
  GraphQLRequestContextParsingDidStart,
  GraphQLRequestContextResponseForOperation,
  GraphQLRequestContextValidationDidStart,
  GraphQLRequestContextWillSendResponse,
  GraphQLResponse,
} from "@apollo/server";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";

/**
 * What is done with every operation, in the places that Apollo Server names. One object serves all operations, and a
 * hook that has nothing to wait for gives no promise: a plugin of Apollo Server costs each operation both.
 */
export interface OperationHooks<in C extends BaseContext> {
  requestDidStart?(context: GraphQLRequestContext<C>): void;
  /** What it returns is called at the end of the parsing. */
  parsingDidStart?(context: GraphQLRequestContextParsingDidStart<C>): () => void;
  /** What it returns is called at the end of the validation. */
  validationDidStart?(context: GraphQLRequestContextValidationDidStart<C>): () => void;
  didResolveOperation?(context: GraphQLRequestContextDidResolveOperation<C>): PromiseOrValue<void>;
  responseForOperation?(
    context: GraphQLRequestContextResponseForOperation<C>,
  ): PromiseOrValue<GraphQLResponse | null>;
  /** What it returns is called at the end of the execution. Queries have none: they are answered before. */
  executionDidStart?(context: GraphQLRequestContextExecutionDidStart<C>): (() => void) | undefined;
  didEncounterErrors?(context: GraphQLRequestContextDidEncounterErrors<C>): void;
  willSendResponse?(context: GraphQLRequestContextWillSendResponse<C>): PromiseOrValue<void>;
}
