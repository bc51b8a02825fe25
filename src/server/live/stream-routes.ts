import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DocumentNode } from "graphql";
import type { Config, Log } from "../../config/index.ts";
import { coerceVariables, type OperationRequest } from "../../graph/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";
import type { RunOperation } from "../apollo/operation-runner.ts";
import { readGraphqlRequest } from "../document/graphql-request.ts";
import { rejectCrossOrigin } from "../http/cross-origin.ts";
import { createErrorBody, RefusedRequest, statusOfCode } from "../http/error-response.ts";
import { addressOf } from "../http/gateway-address.ts";
import type { RequestHook, RouteHooks } from "../http/route-hooks.ts";
import { scopesText } from "../kept/kept-answers.ts";
import { auditedRequest } from "../observe/admitted-request.ts";
import { IsLeftOver } from "../peer/left-over.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import type { Caller } from "../scope/scope.ts";
import { askerOf, type Followed, follow, keyOf } from "./follow.ts";
import { changeEvents, changeLines, type Framing, graphqlEvents } from "./framing.ts";
import { createQuestions, type Refusal, refuse } from "./question.ts";
import { answerChanges, answerQuery, type MessageOf } from "./streamed-answer.ts";
import { readStreamed, type StreamedChanges, type StreamedQuery } from "./streamed-document.ts";
import type { Streams } from "./streams.ts";

interface StreamRouteParts {
  readonly config: Config;
  readonly graph: Pick<Graph, "schema">;
  readonly analyzer: OperationAnalyzer;
  readonly log: Log;
  readonly streams: Streams;
  /** For answers that are made at once. */
  readonly slots: FairSlots;
  /** How many different questions one caller may follow. */
  readonly share: () => number;
  readonly mutations: Pick<MutationsHere, "release">;
  readonly run: RunOperation;
  /** Parses and validates a document within the limits of all. Throws a GraphQLError. */
  readDocument(text: string): DocumentNode;
  /** Finds persisted documents; a hook before the handler. */
  readonly findDocument: RequestHook;
}

/** Milliseconds from one answer of a live query to the next. */
const LIVE_INTERVAL = 1_000;

const changeFields = "event kind recordId field before after isWithheld notBefore notAfter origin cursor";
const author = "by { name operation requestId }";

/** Adds `GET /changes`, and `/graphql/stream` for subscriptions and live queries. */
export function addStreamRoutes(app: FastifyInstance, hooks: RouteHooks, parts: StreamRouteParts): void {
  const { config, graph, analyzer, log, streams, slots, share, mutations, run, readDocument, findDocument } =
    parts;
  const questions = createQuestions(slots, share);
  const common = {
    ...hooks,
    onRequest: [...hooks.onRequest, rejectCrossOrigin(config, "open streams")],
    exposeHeadRoute: false,
  };

  app.get("/changes", {
    ...common,
    config: { ...common.config, about: "changes that the gateway sees in Alma, as a stream" },
    handler: async (request, reply) => {
      const { caller, headers } = request;
      const { after: asked, kinds, ...others } = request.query as Readonly<Record<string, string>>;
      const [other] = Object.keys(others);
      if (other !== undefined) {
        const message = `There is no parameter ${JSON.stringify(other.slice(0, 50))} here; there are after and kinds.`;
        return reply.code(400).send(createErrorBody("BAD_USER_INPUT", message));
      }
      const isEvents = /\btext\/event-stream\b/.test(headers.accept ?? "");
      const framing = isEvents ? changeEvents : changeLines;
      const fields = caller?.scopes.has("AUDIT") ? `${changeFields} ${author}` : changeFields;
      const text = `subscription Changes($after: String, $kinds: [RecordKind!]) { changes(after: $after, kinds: $kinds) { ${fields} } }`;
      const after = headers["last-event-id"] || asked || null;
      const variables = { after, kinds: kinds === undefined ? null : String(kinds).split(",") };
      // Safe: it is a subscription.
      const streamed = readStreamed({ variables }, text, readDocument) as StreamedChanges;
      return open(
        request,
        reply,
        framing,
        followChanges(request, framing, streamed, (change) => change),
      );
    },
  });

  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    ...common,
    config: { ...common.config, about: "subscriptions and live queries, as server-sent events" },
    preHandler: findDocument,
    handler: async (request, reply) => {
      mutations.release(request.raw);
      const asked = readGraphqlRequest(request);
      if (!asked) return reply.code(400).send(createErrorBody("BAD_REQUEST", noRequest));
      return open(request, reply, graphqlEvents, followOperation(request, asked));
    },
  });

  /** Opens a stream. What is refused is told as the response, or by the stream, where its protocol has it so. */
  async function open(
    request: FastifyRequest,
    reply: FastifyReply,
    framing: Framing,
    followed: Followed | Refusal,
  ): Promise<FastifyReply> {
    const stream = streams.open(request, reply, framing);
    try {
      const refusal = "ask" in followed ? await follow(stream, questions, followed) : followed;
      if (refusal && framing === graphqlEvents) stream.start(null);
      if (refusal) stream.end("refused", refusal);
      if (refusal && !stream.isStarted) {
        const status = refusal.status === 200 ? statusOfCode(refusal.code) : refusal.status;
        return reply.code(status).type("application/json; charset=utf-8").send(refusal.text);
      }
    } catch (error) {
      if (!(error instanceof IsLeftOver))
        log.error({ requestId: request.id, error }, "unexpected error in a stream");
      stream.end("failed", brokenOff);
    }
    if (stream.isStarted) return reply;
    throw new RefusedRequest(503, brokenOff.code, brokenOff.message, { retryAfter: 1 });
  }

  function followOperation(request: FastifyRequest, asked: OperationRequest): Followed | Refusal {
    const text = request.document ?? asked.query;
    if (text === undefined) return refuse("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    const streamed = readStreamed(asked, text, readDocument);
    if (streamed.kind === "changes") return followChanges(request, graphqlEvents, streamed, messageOf);
    if (streamed.kind === "mutation")
      return refuse("BAD_USER_INPUT", "Mutations are sent to /graphql; nothing was done.");
    if (streamed.kind === "once")
      return {
        ...followerOf(request),
        ...{ key: randomUUID(), request: askerOf(request, false), minInterval: LIVE_INTERVAL },
        ask: (asker) => answerQuery(run, asker, { ...asked, query: text }, graphqlEvents),
        ...{ after: null, isOnce: true },
      };
    const { document, operation, text: query, variables } = streamed.query;
    if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS"))
      return refuse("FORBIDDEN", "A live query shows no secrets: each look at them is one query.");
    return {
      ...questionOf(request, streamed.query, []),
      ask: (asker) => answerQuery(run, asker, { query, variables }, graphqlEvents),
      ...{ minInterval: LIVE_INTERVAL, after: null, isOnce: false },
    };
  }

  /** The question of all who ask the same with the same scopes; of this request alone if it depends on who asks. */
  function questionOf(
    request: FastifyRequest,
    { text, document, operation, variables }: StreamedQuery,
    how: readonly string[],
  ) {
    const follower = followerOf(request);
    const coerced = coerceVariables(graph.schema, operation, variables);
    const isOwn = !coerced || analyzer.analyze(document, operation).isPerCaller;
    if (isOwn) return { ...follower, key: randomUUID(), request: askerOf(request, true) };
    const scopes = scopesText(follower.follower.caller.scopes);
    return { ...follower, key: keyOf([scopes, ...how, text, coerced]), request: undefined };
  }

  function followChanges(
    request: FastifyRequest,
    framing: Framing,
    streamed: StreamedChanges,
    toMessage: MessageOf,
  ): Followed {
    const { query, key, after } = streamed;
    return {
      ...questionOf(request, query, [framing.contentType, key]),
      ask: (asker, at) => answerChanges(run, asker, streamed, at, framing, toMessage),
      ...{ minInterval: 0, after, isOnce: false },
    };
  }
}

function followerOf(request: FastifyRequest) {
  // Safe: the hooks let no request in without a caller.
  const follower = auditedRequest(request, request.caller as Caller);
  return { follower, address: addressOf(request) };
}

const messageOf: MessageOf = (change, cursor, key, errors) => ({
  ...(errors.length > 0 && { errors }),
  data: { [key]: change },
  extensions: { alma: { cursor } },
});

const noRequest =
  "The request is no GraphQL request. Send JSON with a query by POST, or query in the address by GET.";
const brokenOff = {
  code: "STREAM_ENDED",
  message: "The stream broke off. Open it again, after the last cursor.",
};
