import type {
  BaseContext,
  GraphQLRequest,
  GraphQLRequestContextDidEncounterErrors,
  GraphQLRequestContextExecutionDidStart,
  GraphQLResponse,
  HTTPGraphQLHead,
  HTTPGraphQLRequest,
} from "@apollo/server";
import type { DocumentNode, OperationDefinitionNode } from "graphql";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";

/** What is asked; without `http` it was not sent to the address of GraphQL. */
export interface OperationRequest
  extends Pick<GraphQLRequest, "query" | "operationName" | "variables" | "extensions"> {
  readonly http?: Pick<HTTPGraphQLRequest, "method">;
}

/** A response that comes as a whole. */
export interface SingleResponse {
  readonly http: HTTPGraphQLHead;
  readonly body: Extract<GraphQLResponse["body"], { kind: "single" }>;
}

/** An operation that has begun. */
export interface BegunOperation<C extends BaseContext> {
  readonly request: OperationRequest;
  readonly contextValue: C;
}

/** An operation whose document has been parsed and validated. */
export interface ResolvedOperation<C extends BaseContext> extends BegunOperation<C> {
  readonly response: { readonly http: HTTPGraphQLHead };
  readonly document: DocumentNode;
  /** Undefined if the document does not have the operation that was named. */
  readonly operation?: OperationDefinitionNode | undefined;
  /** Its name in the document. */
  readonly operationName?: string | null | undefined;
}

/** An operation whose response is ready. What was refused early has no document, or no operation. */
export interface AnsweredOperation<C extends BaseContext>
  extends BegunOperation<C>,
    Pick<Partial<ResolvedOperation<C>>, "document" | "operation" | "operationName"> {
  readonly response: GraphQLResponse;
  /** The SHA-256 of the document's text. */
  readonly queryHash?: string | undefined;
}

/**
 * What is done with every operation, in the places that Apollo Server names. One object serves all operations, and a
 * hook that has nothing to wait for gives no promise: a plugin of Apollo Server costs each operation both.
 */
export interface OperationHooks<in C extends BaseContext> {
  requestDidStart?(context: BegunOperation<C>): void;
  /** What it returns is called at the end of the parsing. */
  parsingDidStart?(context: BegunOperation<C>): () => void;
  /** What it returns is called at the end of the validation. */
  validationDidStart?(context: BegunOperation<C>): () => void;
  didResolveOperation?(context: ResolvedOperation<C>): PromiseOrValue<void>;
  responseForOperation?(context: ResolvedOperation<C>): PromiseOrValue<SingleResponse | null>;
  /** What it returns is called at the end of the execution. Queries have none: they are answered before. */
  executionDidStart?(context: GraphQLRequestContextExecutionDidStart<C>): (() => void) | undefined;
  didEncounterErrors?(context: GraphQLRequestContextDidEncounterErrors<C>): void;
  willSendResponse?(context: AnsweredOperation<C>): PromiseOrValue<void>;
}
