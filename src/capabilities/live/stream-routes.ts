import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { OperationRequest } from "../../graph/index.ts";
import {
  Html,
  LeadershipLostError,
  preferredType,
  RefusedRequest,
  type RouteParts,
  readAsset,
  readGraphqlRequest,
  rejectCrossOrigin,
  sendPage,
  statusOfCode,
} from "../../server/index.ts";
import { changeEvents, changeLines, type Framing, graphqlEvents } from "./framing.ts";
import { executionOf } from "./shared-execution.ts";
import type { FollowedSource, SharedQueries } from "./shared-query.ts";
import type { Stream } from "./stream.ts";
import { answerChanges, answerQuery, createRefusal, type Refusal } from "./streamed-answer.ts";
import { readStreamed, type StreamedChanges } from "./streamed-document.ts";
import type { Streams } from "./streams.ts";

/** The minimum time, in milliseconds, between two answers of a live query. */
const LIVE_INTERVAL = 1_000;

const changeFields = "event kind recordId field before after isWithheld notBefore notAfter origin cursor";
const author = "by { name operation requestId }";

/** Adds `GET /changes`, `/graphql/stream` for subscriptions and live queries, and `/live`, a page that shows both. */
export function addStreamRoutes(
  app: FastifyInstance,
  parts: RouteParts,
  streams: Streams,
  queries: SharedQueries,
): void {
  const { config, analyzer, log, isExplorable, streamHooks, readDocument, documentHook, executeInternally } =
    parts;
  if (isExplorable) {
    const page = { title: "Live", body: new Html(readAsset("live.html")), script: "live.js" };
    const shown = { isPublic: true, page: "Live", about: "changes and a live query, as they come" };
    app.get("/live", { config: shown }, (_request, reply) => sendPage(reply, 200, page));
  }
  const common = {
    ...streamHooks,
    onRequest: [...streamHooks.onRequest, rejectCrossOrigin(config, "open streams")],
    exposeHeadRoute: false,
  };

  app.get("/changes", {
    ...common,
    config: { ...common.config, about: "changes that the gateway sees in Alma, as a stream" },
    handler: async (request, reply) => {
      const { caller, headers } = request;
      const { after: afterParam, kinds, ...others } = request.query as Readonly<Record<string, string>>;
      const [other] = Object.keys(others);
      if (other !== undefined) {
        const message = `There is no parameter ${JSON.stringify(other.slice(0, 50))} here, only after and kinds.`;
        throw new RefusedRequest(400, "BAD_USER_INPUT", message);
      }
      const type = preferredType(request, ["application/x-ndjson", "text/event-stream"]);
      const framing = type === "text/event-stream" ? changeEvents : changeLines;
      const fields = caller?.scopes.has("AUDIT") ? `${changeFields} ${author}` : changeFields;
      const text = `subscription Changes($after: String, $kinds: [RecordKind!]) { changes(after: $after, kinds: $kinds) { ${fields} } }`;
      const after = headers["last-event-id"] || afterParam || null;
      const variables = { after, kinds: kinds === undefined ? null : String(kinds).split(",") };
      // Safe: the document is a subscription.
      const streamed = readStreamed({ variables }, text, readDocument) as StreamedChanges;
      return open(request, reply, framing, followChanges(request, framing, streamed));
    },
  });

  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    ...common,
    config: { ...common.config, about: "subscriptions and live queries, as server-sent events" },
    preHandler: documentHook ?? [],
    handler: async (request, reply) => {
      const operationRequest = readGraphqlRequest(request);
      if (!operationRequest) throw new RefusedRequest(400, "BAD_REQUEST", noRequest);
      return open(request, reply, graphqlEvents, followOperation(request, operationRequest));
    },
  });

  /** Opens a stream. A refusal is the response, or a message if the protocol requires one. */
  async function open(
    request: FastifyRequest,
    reply: FastifyReply,
    framing: Framing,
    source: FollowedSource | Refusal,
  ): Promise<FastifyReply> {
    const stream = streams.open(request, reply, framing);
    try {
      const refusal = "ask" in source ? await follow(stream, queries, source) : source;
      if (refusal && framing === graphqlEvents) stream.start(null);
      if (refusal) stream.end("refused", refusal);
      if (refusal && !stream.isStarted) {
        const status = refusal.status === 200 ? statusOfCode(refusal.code) : refusal.status;
        return reply.code(status).type("application/json; charset=utf-8").send(refusal.text);
      }
    } catch (error) {
      if (!(error instanceof LeadershipLostError))
        log.error({ requestId: request.id, error }, "unexpected error in a stream");
      stream.end("failed", brokenOff);
    }
    if (stream.isStarted) return reply;
    throw new RefusedRequest(503, brokenOff.code, brokenOff.message, { retryAfter: 1 });
  }

  function followOperation(
    request: FastifyRequest,
    operationRequest: OperationRequest,
  ): FollowedSource | Refusal {
    const text = request.document ?? operationRequest.query;
    if (text === undefined)
      return createRefusal("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    const streamed = readStreamed(operationRequest, text, readDocument);
    if (streamed.kind === "changes") return followChanges(request, graphqlEvents, streamed);
    if (streamed.kind === "mutation")
      return createRefusal("BAD_USER_INPUT", "Mutations are sent to /graphql; nothing was done.");
    const query = streamed.kind === "live" ? streamed.query : undefined;
    if (query && analyzer.analyze(query.document, query.operation).requiredScopes.has("SECRETS"))
      return createRefusal(
        "FORBIDDEN",
        "A live query cannot select secrets: query those of one record at a time.",
      );
    const { requestFor, ...execution } = executionOf(parts, request, query, []);
    const asked = query
      ? { query: query.text, variables: query.variables }
      : { ...operationRequest, query: text };
    return {
      ...execution,
      ask: (followers, payer) => answerQuery(executeInternally, requestFor(followers, payer), asked),
      minInterval: LIVE_INTERVAL,
      after: null,
      isOnce: !query,
    };
  }

  function followChanges(
    request: FastifyRequest,
    framing: Framing,
    streamed: StreamedChanges,
  ): FollowedSource {
    const { query, key, after } = streamed;
    const { requestFor, ...execution } = executionOf(parts, request, query, [framing.name, key]);
    return {
      ...execution,
      ask: (followers, payer, cursor) =>
        answerChanges(executeInternally, requestFor(followers, payer), streamed, cursor, framing),
      minInterval: 0,
      after,
      isOnce: false,
    };
  }
}

const noRequest =
  "The request is not a GraphQL request. Send JSON with a query by POST, or query in the address by GET.";
const brokenOff = {
  code: "STREAM_ENDED",
  message: "The stream was interrupted. Open it again, after the last cursor.",
};

/** Sends answers until the stream ends. Resolves with the reason if there can be no more answers. */
async function follow(
  stream: Stream,
  queries: SharedQueries,
  source: FollowedSource,
): Promise<Refusal | undefined> {
  const leave = queries.enter(source);
  if (typeof leave !== "function") return leave;
  try {
    return await send(stream, queries, source);
  } finally {
    leave();
  }
}

async function send(stream: Stream, queries: SharedQueries, source: FollowedSource) {
  const { address, after, isOnce } = source;
  const { signal } = stream;
  let refusal: Refusal | undefined;
  for (let at = after; !signal.aborted && !refusal; at = stream.cursor)
    refusal = await queries.listen(source, at, async (query) => {
      for (let answer = await query.next(undefined, signal); answer; ) {
        const { cursor, refusal } = answer;
        if (refusal && !(stream.isStarted && refusal.isPassing)) return refusal;
        if (!refusal) {
          const bytes = answer.bytesFor(address);
          stream.start(bytes ? null : cursor);
          if (bytes) await stream.send(bytes, cursor);
          else stream.moveTo(cursor);
          if (isOnce) stream.end("complete");
          else if (cursor !== at) return undefined;
        }
        answer = await query.next(answer, signal);
      }
      return undefined;
    });
  return refusal;
}
