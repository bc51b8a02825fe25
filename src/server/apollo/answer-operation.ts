import { type ApolloServer, HeaderMap, type HTTPGraphQLHead } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type DocumentNode, getOperationAST, type OperationDefinitionNode } from "graphql";
import { isObject } from "../../alma/index.ts";
import type {
  AnsweredOperation,
  OperationRequest,
  ResolvedOperation,
  SingleResponse,
} from "../../graph/index.ts";
import type { DocumentStore, KnownDocument } from "../document/document-store.ts";
import type { ServerContext, WrappedContext } from "../gate/server-context.ts";
import { replaceInvalidHost } from "../http/host-fallback.ts";
import type { ChosenContentTypes } from "../kept/chosen-content-type.ts";
import type { HooksInOrder } from "./hooks-in-order.ts";
import { responseTextOf } from "./response-text.ts";

/** A request to the address of GraphQL, which is answered with a text. */
type TextRequest = FastifyRequest<{ Reply: string }>;
type TextReply = FastifyReply<{ Reply: string }>;

type CreateContext = (request: FastifyRequest, reply: FastifyReply) => Promise<WrappedContext>;

/**
 * Answers the operations that are sent to the address of GraphQL. Apollo Server answers them, except for queries of
 * which it has parsed and validated the document before: these need nothing of it but its hooks, and cost half without
 * the rest. What a hook refuses, and what no hook answers, Apollo Server answers too.
 */
export function createOperationHandler(
  apollo: ApolloServer<ServerContext>,
  hooks: HooksInOrder,
  documents: Pick<DocumentStore, "find">,
  contentTypes: ChosenContentTypes,
  createContext: CreateContext,
) {
  const answerByApollo = async (
    request: TextRequest,
    reply: TextReply,
    createOwn: CreateContext = createContext,
  ): Promise<string> => {
    replaceInvalidHost(request);
    const answer = fastifyApolloHandler(apollo, {
      context: (): Promise<ServerContext> => createOwn(request, reply),
    });
    // Safe: it gives nothing only for an answer in parts, and no answer comes in parts.
    const text = (await answer.call(request.server, request, reply)) as string;
    contentTypes.note(request, reply);
    return text;
  };

  return async (request: TextRequest, reply: TextReply): Promise<string> => {
    const contentType = contentTypes.find(request);
    const known = contentType === undefined ? undefined : findKnownQuery(request, documents);
    if (!known) return answerByApollo(request, reply);
    const contextValue = await createContext(request, reply);
    const answerChecked = (checked: ServerContext["checked"]) =>
      answerByApollo(request, reply, async () => ({ ...contextValue, checked }));
    const operation = new KnownOperation(known, contextValue);
    hooks.begin(operation);
    try {
      await hooks.check(operation);
    } catch (refusal) {
      return answerChecked({ refusal });
    }
    const response = await hooks.respond(operation);
    if (!response) return answerChecked({});
    operation.response.body = response.body;
    await hooks.send(operation as AnsweredOperation<ServerContext>);
    const { status = 200, headers } = response.http;
    reply.code(status).header("content-type", contentType);
    for (const [name, value] of headers) reply.header(name, value);
    return responseTextOf(response.body.singleResult);
  };
}

/** The context of an operation as hooks get it, which sets its `contextValue` and its response. */
class KnownOperation implements ResolvedOperation<ServerContext> {
  readonly request: OperationRequest;
  contextValue: ServerContext;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | null;
  readonly queryHash: string;
  readonly response: { readonly http: HTTPGraphQLHead; body: SingleResponse["body"] | undefined };

  constructor({ request, document, operation, hash }: KnownQuery, contextValue: ServerContext) {
    this.request = request;
    this.contextValue = contextValue;
    this.document = document;
    this.operation = operation;
    this.operationName = operation.name?.value ?? null;
    this.queryHash = hash;
    this.response = { http: { headers: new HeaderMap() }, body: undefined };
  }
}

/** A query whose document is known. */
interface KnownQuery extends KnownDocument {
  readonly request: OperationRequest;
  readonly operation: OperationDefinitionNode;
}

/** The query that a POST asks, if its document is known and Apollo Server would find nothing to refuse in its body. */
function findKnownQuery(
  { method, body, document: persisted, caller }: FastifyRequest,
  documents: Pick<DocumentStore, "find">,
): KnownQuery | undefined {
  if (method !== "POST" || !caller || !isObject(body)) return undefined;
  const { query, operationName, variables, extensions } = body;
  const text = persisted ?? query;
  if (typeof text !== "string" || (query != null && typeof query !== "string")) return undefined;
  if (operationName != null && typeof operationName !== "string") return undefined;
  if (variables != null && !isObject(variables)) return undefined;
  if (extensions != null && (!isObject(extensions) || "persistedQuery" in extensions)) return undefined;
  const known = documents.find(text);
  const operation = known && getOperationAST(known.document, operationName);
  if (!known || operation?.operation !== "query") return undefined;
  return {
    request: {
      query: text,
      operationName: operationName ?? undefined,
      variables: variables ?? undefined,
      extensions: extensions ?? undefined,
      http: { method },
    },
    document: known.document,
    operation,
    hash: known.hash,
  };
}
