import { type ApolloServer, type GraphQLRequest, type GraphQLResponse, HeaderMap } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { getOperationAST, type OperationDefinitionNode } from "graphql";
import type { AnsweredOperation, Meter, OperationRequest, ResolvedOperation } from "../../graph/index.ts";
import type { DocumentStore, KnownDocument } from "../document/document-store.ts";
import { readGraphqlRequest } from "../document/graphql-request.ts";
import type { ChosenContentTypes } from "../kept/chosen-content-type.ts";
import { type AskingRequest, type Carrier, carrierOf } from "../observe/admitted-request.ts";
import type { ReportAdmission, ServerContext, TableOptions } from "../observe/server-context.ts";
import type { InterruptedRequests } from "../peer/interrupted-requests.ts";
import type { Graph, RepeatableAnswer } from "../scope/graph.ts";
import type { BoxedContext } from "./apollo-server.ts";
import type { BoundSteps } from "./steps.ts";

/** The parts of the server that run operations. */
interface RunnerParts {
  readonly apollo: Pick<ApolloServer<ServerContext>, "executeHTTPGraphQLRequest" | "executeOperation">;
  readonly steps: BoundSteps;
  readonly documents: Pick<DocumentStore, "find">;
  readonly contentTypes: ChosenContentTypes;
  readonly interrupted: Pick<InterruptedRequests, "check">;
  readonly graph: Pick<Graph, "repeatable">;
  createContext(request: AskingRequest, carrier: Carrier, table?: TableOptions): ServerContext;
}

/** An operation that was executed elsewhere than at `/graphql`, or for a table. */
export interface ExecutedOperation {
  readonly response: GraphQLResponse;
  /** Its text, if it was asked with `http`. */
  readonly text: string | Buffer | undefined;
  /** Measures what writing its answer costs, too. */
  readonly meter: Meter;
  readonly admission: Pick<ReportAdmission, "holdAnswer">;
  /** What decides whether the answer may be given again; undefined if it may not. */
  readonly repeatable: RepeatableAnswer | undefined;
}

/** A query whose document is known. */
interface KnownQuery extends KnownDocument {
  readonly asked: OperationRequest;
  readonly operation: OperationDefinitionNode;
}

/**
 * Runs operations. A query of which Apollo Server has parsed and validated the document before needs nothing of it but
 * the steps, and costs half without the rest. All others go to Apollo Server, which runs the same steps, and so does
 * what a step refuses, or none answers.
 */
export function createOperationRunner(parts: RunnerParts) {
  const { apollo, steps, documents, contentTypes, interrupted, graph, createContext } = parts;

  function findKnown(asked: OperationRequest, persisted: string | null): KnownQuery | undefined {
    const text = persisted ?? asked.query;
    if (text === undefined || asked.extensions?.persistedQuery !== undefined) return undefined;
    const known = documents.find(text);
    const operation = known && getOperationAST(known.document, asked.operationName);
    return known && operation?.operation === "query" ? { ...known, operation, asked } : undefined;
  }

  /** The response to a query by the steps alone; undefined if it is left to Apollo Server. */
  async function runKnown(
    { asked, document, operation, hash }: KnownQuery,
    contextValue: ServerContext,
  ): Promise<GraphQLResponse | undefined> {
    const resolved: ResolvedOperation<ServerContext> & { readonly queryHash: string } = {
      request: asked,
      contextValue,
      document,
      operation,
      operationName: operation.name?.value ?? null,
      queryHash: hash,
      response: { http: { status: undefined, headers: new HeaderMap() } },
    };
    contextValue.judged = {};
    try {
      const judged = steps.judge(resolved);
      if (judged) await judged;
    } catch (refusal) {
      contextValue.judged = { refusal };
      return undefined;
    }
    const answer = steps.answer(resolved);
    const response = answer instanceof Promise ? await answer : answer;
    if (!response) return undefined;
    const answered: AnsweredOperation<ServerContext> = { ...resolved, response };
    const completed = steps.complete(answered);
    if (completed) await completed;
    return answered.response;
  }

  async function answerByApollo(
    request: FastifyRequest,
    reply: FastifyReply,
    own?: ServerContext,
  ): Promise<string | Buffer> {
    let contextValue = own;
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) if (value) headers.set(name, String(value));
    const start = request.url.indexOf("?");
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers,
        search: start < 0 ? "" : request.url.slice(start),
        body: request.body,
      },
      context: async () => {
        contextValue ??= createContext(request, carrierOf(request, reply));
        return boxed(contextValue, request);
      },
    });
    reply.code(answer.status ?? 200);
    for (const [name, value] of answer.headers) reply.header(name, value);
    if (answer.body.kind !== "complete") throw new Error("No answer comes in parts.");
    contentTypes.note(request, reply);
    return contextValue?.text ?? answer.body.string;
  }

  return {
    /** Answers what is sent to the address of GraphQL. */
    async answer(request: FastifyRequest, reply: FastifyReply): Promise<string | Buffer> {
      // Apollo Server has to choose the type, or to refuse, and looks at what a GET may be sent by.
      const contentType = request.method === "POST" ? contentTypes.find(request) : undefined;
      const asked = contentType !== undefined && request.caller ? readGraphqlRequest(request) : undefined;
      const known = asked && findKnown(asked, request.document);
      if (!known) return answerByApollo(request, reply);
      const contextValue = createContext(request, carrierOf(request, reply));
      const http = { method: request.method };
      const response = await runKnown({ ...known, asked: { ...known.asked, http } }, contextValue);
      if (!response) return answerByApollo(request, reply, contextValue);
      const { status = 200, headers } = response.http;
      reply.code(status).header("content-type", contentType);
      for (const [name, value] of headers) reply.header(name, value);
      return contextValue.text ?? "";
    },

    /**
     * Runs an operation that is not sent to the address of GraphQL, or whose answer is a table, as it is done there.
     * Throws `LeadershipLostError` for what is to be answered by another process.
     */
    async run(
      request: AskingRequest,
      carrier: Carrier,
      asked: OperationRequest,
      table?: TableOptions,
    ): Promise<ExecutedOperation> {
      const contextValue = createContext(request, carrier, table);
      const known = findKnown(asked, request.document);
      const response =
        (known && (await runKnown(known, contextValue))) ??
        (await apollo.executeOperation(withHeaders(asked), {
          contextValue: boxed(contextValue, request),
        }));
      interrupted.check(request.raw);
      const { admission, admittedRequest, text } = contextValue;
      const repeatable = graph.repeatable?.(contextValue);
      return { response, text, meter: admittedRequest.meter, admission, repeatable };
    },
  };
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Apollo Server reads headers of a request of HTTP. */
const withHeaders = ({ http, ...asked }: OperationRequest) =>
  // Safe: it reads nothing else of `http`.
  ({ ...asked, ...(http && { http: { headers: new HeaderMap(), ...http } }) }) as GraphQLRequest;

/** Safe: the plugin takes it out of its box. */
const boxed = (contextValue: ServerContext, { document }: AskingRequest): ServerContext =>
  ({ contextValue, document }) satisfies BoxedContext as unknown as ServerContext;
