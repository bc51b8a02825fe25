import { type ApolloServer, type GraphQLRequest, HeaderMap } from "@apollo/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { getOperationAST, type OperationDefinitionNode } from "graphql";
import {
  type CacheInfo,
  type Meter,
  mapPromiseOrValue,
  type OperationRequest,
  type PromiseOrValue,
  type ResolvedOperation,
  type SingleResponse,
} from "../../graph/index.ts";
import type { DocumentStore, KnownDocument } from "../document/document-store.ts";
import { readGraphqlRequest } from "../document/graphql-request.ts";
import type { JsonType } from "../http/media-type.ts";
import { type RequestLike, type ResponseEvents, responseEventsOf } from "../observe/admitted-request.ts";
import type {
  PrintedResponse,
  ReportAdmission,
  ServerContext,
  TableOptions,
} from "../observe/server-context.ts";
import { type InterruptedRequests, LeadershipLostError } from "../peer/interrupted-requests.ts";
import { type BoxedContext, singleResponse } from "./apollo-server.ts";
import type { BoundSteps } from "./operation-steps.ts";

/** The parts of the server that run operations. */
interface RunnerParts {
  readonly apollo: Pick<ApolloServer<ServerContext>, "executeHTTPGraphQLRequest" | "executeOperation">;
  readonly steps: BoundSteps;
  readonly documents: Pick<DocumentStore, "find">;
  readonly interrupted: InterruptedRequests;
  createContext(request: RequestLike, events: ResponseEvents, table?: TableOptions): ServerContext;
}

/** An operation executed outside `/graphql`, or for a table. */
export interface ExecutedOperation {
  readonly response: SingleResponse;
  /** Set if the request has `http`. */
  readonly printed: PrintedResponse | undefined;
  /** Also measures writing the answer. */
  readonly meter: Meter;
  readonly admission: ReportAdmission;
  /** What a reused answer depends on; undefined if the answer must not be reused. */
  readonly cacheInfo: CacheInfo | undefined;
}

/** A query with a known document. */
interface KnownQuery {
  readonly known: KnownDocument;
  readonly operation: OperationDefinitionNode;
}

/**
 * Runs operations. A query whose document Apollo Server has already validated needs only the steps, at half the cost.
 * All other operations go through Apollo Server, which runs the same steps, as do queries that a step refuses or no
 * step answers.
 */
export function createOperationRunner(parts: RunnerParts) {
  const { apollo, steps, documents, interrupted, createContext } = parts;

  function findKnown(operationRequest: OperationRequest, persisted: string | null): KnownQuery | undefined {
    const text = persisted ?? operationRequest.query;
    if (text === undefined || operationRequest.extensions?.persistedQuery !== undefined) return undefined;
    const known = documents.find(text);
    const operation = known && getOperationAST(known.document, operationRequest.operationName);
    return known && operation?.operation === "query" ? { known, operation } : undefined;
  }

  /** Answers a query by running only the steps; undefined leaves it to Apollo Server. */
  function runKnown(
    { known: { document, hash }, operation }: KnownQuery,
    request: OperationRequest,
    contextValue: ServerContext,
  ): PromiseOrValue<SingleResponse | undefined> {
    const resolved: ResolvedOperation<ServerContext> & { readonly queryHash: string } = {
      request,
      contextValue,
      document,
      operation,
      operationName: operation.name?.value ?? null,
      queryHash: hash,
      response: { http: { status: undefined, headers: new HeaderMap() } },
    };
    contextValue.checked = {};
    /** Leaves the refusal to Apollo Server, which throws it. */
    const refuse = (refusal: unknown) => {
      contextValue.checked = { refusal };
      return undefined;
    };
    try {
      const checked = steps.check(resolved);
      if (checked instanceof Promise) return checked.then(() => answerChecked(resolved), refuse);
    } catch (refusal) {
      return refuse(refusal);
    }
    return answerChecked(resolved);
  }

  const answerChecked = (resolved: ResolvedOperation<ServerContext>) =>
    mapPromiseOrValue(steps.answer(resolved), (response) => {
      if (!response) return undefined;
      // Extends the object, since copying it costs more than a step.
      const answered = Object.assign(resolved, { response });
      return mapPromiseOrValue(steps.complete(answered), () => answered.response);
    });

  async function answerByApollo(
    request: FastifyRequest,
    reply: FastifyReply,
    mediaType: JsonType,
    own?: ServerContext,
  ) {
    let contextValue = own;
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) if (value) headers.set(name, String(value));
    // Apollo Server would refuse an answer of another type only after it has executed the operation.
    headers.set("accept", mediaType);
    const start = request.url.indexOf("?");
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers,
        search: start < 0 ? "" : request.url.slice(start),
        body: request.body,
      },
      context: async () => {
        contextValue ??= createContext(request, responseEventsOf(reply));
        return boxed(contextValue, request);
      },
    });
    reply.code(answer.status ?? 200);
    for (const [name, value] of answer.headers) reply.header(name, value);
    if (answer.body.kind !== "complete") throw new Error("No answer comes in parts.");
    return contextValue?.printed?.text ?? answer.body.string;
  }

  return {
    /**
     * Answers a request to `/graphql` with a media type that its client accepts.
     */
    answer(
      request: FastifyRequest,
      reply: FastifyReply,
      mediaType: JsonType,
    ): PromiseOrValue<string | Buffer> {
      // Apollo Server also checks whether a GET is allowed.
      const isSimple = request.method === "POST" && request.caller;
      const read = isSimple ? readGraphqlRequest(request) : undefined;
      const operationRequest = read && Object.assign(read, { http: { method: request.method } });
      const known = operationRequest && findKnown(operationRequest, request.document);
      if (!known) return answerByApollo(request, reply, mediaType);
      const contextValue = createContext(request, responseEventsOf(reply));
      return mapPromiseOrValue(runKnown(known, operationRequest, contextValue), (response) => {
        if (!response) return answerByApollo(request, reply, mediaType, contextValue);
        const { status = 200, headers } = response.http;
        reply.code(status).header("content-type", `${mediaType}; charset=utf-8`);
        for (const [name, value] of headers) reply.header(name, value);
        return contextValue.printed?.text ?? "";
      });
    },

    /**
     * Runs an operation that was not sent to `/graphql`, or whose answer is a table, by the same steps. Throws
     * `LeadershipLostError` if another process must answer.
     */
    async run(
      request: RequestLike,
      events: ResponseEvents,
      operationRequest: OperationRequest,
      table?: TableOptions,
    ): Promise<ExecutedOperation> {
      const contextValue = createContext(request, events, table);
      const known = findKnown(operationRequest, request.document);
      const response =
        (known && (await runKnown(known, operationRequest, contextValue))) ??
        singleResponse(
          await apollo.executeOperation(withHeaders(operationRequest), {
            contextValue: boxed(contextValue, request),
          }),
        );
      if (interrupted.has(request.raw)) throw new LeadershipLostError();
      const { admission, admittedRequest, printed } = contextValue;
      const cacheInfo = contextValue.cacheInfo();
      return { response, printed, meter: admittedRequest.meter, admission, cacheInfo };
    },
  };
}

export type OperationRunner = ReturnType<typeof createOperationRunner>;

/** Apollo Server reads HTTP headers. */
const withHeaders = ({ http, ...operationRequest }: OperationRequest) =>
  // Safe: Apollo Server reads no other part of `http`.
  ({ ...operationRequest, ...(http && { http: { headers: new HeaderMap(), ...http } }) }) as GraphQLRequest;

/** Safe: the plugin unwraps the context. */
const boxed = (contextValue: ServerContext, { document }: RequestLike) =>
  ({ contextValue, document }) satisfies BoxedContext as unknown as ServerContext;
