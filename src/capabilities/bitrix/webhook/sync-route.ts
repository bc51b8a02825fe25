import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isEnumType } from "graphql";
import {
  createErrorBody,
  parseLimitedJson,
  type RequestHook,
  rejectCrossOrigin,
  requireScopes,
  type ServerParts,
} from "../../../server/index.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { constants } from "../settings.ts";
import { createItemKinds, type ParseJson, readBody } from "./body.ts";
import { explainBodyErrors } from "./body-errors.ts";
import { parseForm } from "./form.ts";
import { type SyncResult, toSkippedResponse, toSyncResponse, toTooManyItemsResponse } from "./response.ts";
import { buildSyncOperation } from "./sync-operation.ts";
import { readWebhook } from "./webhook.ts";

/** The scopes of fields are checked with the items. */
const requireSyncScopes = requireScopes("Syncing Bitrix items", "READ", "WRITE");
/** Bytes of a form: it has one item, and each of its characters may be percent-encoded. */
const maxFormBytes = 1_048_576;

/**
 * Adds `POST /bitrix/sync`, the mutation `syncBitrix` for tools without GraphQL. The body is JSON:
 * `{"items": [{"kind": "APARTMENT", "item": {…}}], "dryRun": false}`, the list alone, or one `{"kind", "item"}`. It may
 * also be the form of a Bitrix webhook that refers to an item. The response is the mutation's payload with the number
 * of failures.
 *
 * The API key is accepted only in a header, as on every route: proxies log URLs. Bitrix's webhooks and robots cannot
 * set headers, so a proxy has to add it; the token that they send authenticates them only to the portal's own handlers,
 * and is not read. A query string is refused, so that a `dryRun` in it is not overlooked.
 */
export async function addBitrixRoute(
  app: FastifyInstance,
  { config, graph: { schema }, operationHooks: hooks, execute }: ServerParts,
  mapping: Pick<Mapping, "kindOf">,
  { bitrixMaxBody, bitrixMaxItems }: Pick<typeof constants, "bitrixMaxBody" | "bitrixMaxItems">,
): Promise<void> {
  const query = buildSyncOperation(schema);
  const kindType = schema.getType("BitrixItemKind");
  const kinds = createItemKinds(isEnumType(kindType) ? kindType.getValues().map(({ name }) => name) : []);
  await app.register(async (scope) => {
    const jsonParser = scope.getDefaultJsonParser("error", "error");
    scope.removeAllContentTypeParsers();
    const json = { parseAs: "string", bodyLimit: bitrixMaxBody } as const;
    scope.addContentTypeParser("application/json", json, parseLimitedJson(scope, bitrixMaxBody));
    const form = { parseAs: "string", bodyLimit: maxFormBytes } as const;
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      form,
      async (request: FastifyRequest, body: string) => {
        request.bodyText = body;
        return parseForm(body);
      },
    );
    explainBodyErrors(scope, { form: maxFormBytes, json: bitrixMaxBody });
    scope.post("/bitrix/sync", {
      ...hooks,
      config: { ...hooks.config, maxBody: bitrixMaxBody, about: "Bitrix items for Alma, by POST as JSON" },
      onRequest: [
        ...hooks.onRequest,
        rejectCrossOrigin(config, "send Bitrix items"),
        requireSyncScopes,
        rejectQueryString,
      ],
      handler: async (request, reply) => {
        const parseNestedJson: ParseJson = (text) => parseWith(jsonParser, request, text);
        const { body } = request;
        const count = countItems(body);
        if (count > bitrixMaxItems) return sendResponse(reply, toTooManyItemsResponse(count, bitrixMaxItems));
        const syncRequest =
          body instanceof Map
            ? readWebhook(body, kinds, mapping, parseNestedJson)
            : readBody(body, kinds, parseNestedJson);
        if ("itemId" in syncRequest) return sendResponse(reply, toSkippedResponse(syncRequest));
        const { items, dryRun } = syncRequest;
        const variables = { items: items.map(({ kind, item }) => ({ kind, item })), dryRun };
        const { response } = await execute(request, reply, {
          query,
          operationName: "SyncBitrix",
          variables,
        });
        for (const [name, value] of response.http.headers) reply.header(name, value);
        const result = response.body.kind === "single" ? (response.body.singleResult as SyncResult) : {};
        return sendResponse(reply, toSyncResponse(result, items));
      },
    });
  });
}

/** The number of items in a body, before it is checked and read. */
function countItems(body: unknown): number {
  const items = Array.isArray(body) ? body : (body as { readonly items?: unknown } | null)?.items;
  return Array.isArray(items) ? items.length : 1;
}

/** Sends a response of any length: it reports what was written, and the request bounds it. */
function sendResponse(reply: FastifyReply, response: ReturnType<typeof toSyncResponse>) {
  const { status, body, retryAfter } = response;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

/** Parses JSON text within a body by Fastify's parser, which refuses names such as `__proto__`. */
function parseWith(
  jsonParser: ReturnType<FastifyInstance["getDefaultJsonParser"]>,
  request: FastifyRequest,
  text: string,
) {
  let failure: Error | null = null;
  let value: unknown;
  void jsonParser(request, text, (error, result) => {
    failure = error;
    value = result;
  });
  if (failure) throw failure;
  return value;
}

const rejectQueryString: RequestHook = ({ query }, reply, done) => {
  if (Object.keys(query as object).length === 0) return done();
  const message =
    "The address has a query string (?…), and nothing is read from there. Send everything in the body, and the key in X-Api-Key or " +
    "Authorization: Bearer.";
  reply.code(400).send(createErrorBody("BAD_USER_INPUT", message));
};
