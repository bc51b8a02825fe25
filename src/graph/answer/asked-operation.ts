import type {
  BaseContext,
  GraphQLRequest,
  GraphQLResponse,
  HTTPGraphQLHead,
  HTTPGraphQLRequest,
} from "@apollo/server";
import type { DocumentNode, OperationDefinitionNode } from "graphql";

/** What is asked; without `http` it was not sent to the address of GraphQL. */
export interface OperationRequest
  extends Pick<GraphQLRequest, "query" | "operationName" | "variables" | "extensions"> {
  readonly http?: Pick<HTTPGraphQLRequest, "method"> & Partial<Pick<HTTPGraphQLRequest, "headers">>;
}

/** A response that comes as a whole. */
export interface SingleResponse {
  readonly http: HTTPGraphQLHead;
  readonly body: Extract<GraphQLResponse["body"], { kind: "single" }>;
}

/** An operation whose document has been parsed and validated. */
export interface ResolvedOperation<C extends BaseContext> {
  readonly request: OperationRequest;
  readonly contextValue: C;
  readonly response: { readonly http: HTTPGraphQLHead };
  /** Without what the step `authorize` has taken out. */
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Its name in the document. */
  readonly operationName?: string | null;
}

/** An operation whose response is ready. What was refused early has no document, or no operation. */
export interface AnsweredOperation<C extends BaseContext>
  extends Pick<ResolvedOperation<C>, "request" | "contextValue">,
    Partial<Pick<ResolvedOperation<C>, "document" | "operationName">> {
  readonly operation?: OperationDefinitionNode;
  readonly response: GraphQLResponse;
  /** The SHA-256 of the document's text. */
  readonly queryHash?: string;
}
