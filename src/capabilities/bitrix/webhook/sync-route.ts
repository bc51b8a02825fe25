import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type GraphQLSchema, isInterfaceType } from "graphql";
import {
  parseLimitedJson,
  RefusedRequest,
  type RequestHook,
  type RouteParts,
  rejectCrossOrigin,
  requireScopes,
} from "../../../server/index.ts";
import { checkItemCount } from "../graph/item-error.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { constants } from "../settings.ts";
import { readBody } from "./body.ts";
import { explainBodyErrors } from "./body-errors.ts";
import { refusal, type SyncResult, toSyncResponse } from "./response.ts";
import { answerWebhook } from "./webhook.ts";

/** The scopes of fields are checked with the items. */
const requireSyncScopes = requireScopes("Syncing Bitrix items", "READ", "WRITE");
/** The maximum size, in bytes, of a form, which only refers to an item. */
const MAX_FORM_BYTES = 65_536;

/**
 * Adds `POST /bitrix/sync`, the mutation `syncBitrix` for tools without GraphQL. The body is JSON: `{"items": [{"kind":
 * "APARTMENT", "item": {…}}], "dryRun": false}`, the list alone, or one `{"kind", "item"}`. The response is the
 * mutation's payload with the number of failures. The form of a Bitrix webhook, which only refers to an item, gets an
 * answer that says what to send.
 *
 * The API key is accepted only in a header, as on every route: proxies log URLs. Bitrix's webhooks and robots cannot
 * set headers, so a proxy has to add it. The token they send is valid only for the portal's own handlers, and is not
 * read. A query string is refused, so that a `dryRun` in it is not ignored.
 */
export async function addBitrixRoute(
  app: FastifyInstance,
  { config, graph: { schema }, operationHooks: hooks, execute }: RouteParts,
  mapping: Pick<Mapping, "kindOf">,
  { bitrixMaxBody, bitrixMaxItems }: Pick<typeof constants, "bitrixMaxBody" | "bitrixMaxItems">,
): Promise<void> {
  const query = buildSyncOperation(schema);
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const json = { parseAs: "string", bodyLimit: bitrixMaxBody } as const;
    scope.addContentTypeParser("application/json", json, parseLimitedJson(scope, bitrixMaxBody));
    const form = { parseAs: "string", bodyLimit: MAX_FORM_BYTES } as const;
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      form,
      async (request: FastifyRequest, body: string) => {
        request.bodyText = body;
        return new URLSearchParams(body);
      },
    );
    explainBodyErrors(scope, { form: MAX_FORM_BYTES, json: bitrixMaxBody });
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
        const { body } = request;
        if (body instanceof URLSearchParams) return sendResponse(reply, answerWebhook(body, mapping));
        // The mutation's error, before any item is read.
        const tooManyError = checkItemCount(countItems(body), bitrixMaxItems);
        if (tooManyError) return sendResponse(reply, refusal([tooManyError]));
        const { items, dryRun } = readBody(body);
        const variables = { items: items.map(({ kind, item }) => ({ kind, item })), dryRun };
        const { response } = await execute(request, reply, {
          query,
          operationName: "SyncBitrix",
          variables,
        });
        for (const [name, value] of response.http.headers) reply.header(name, value);
        const result = response.body.singleResult as SyncResult;
        return sendResponse(reply, toSyncResponse(result, items));
      },
    });
  });
}

/** Counts the items in a body, before it is checked and read. */
function countItems(body: unknown) {
  const items = Array.isArray(body) ? body : (body as { readonly items?: unknown } | null)?.items;
  return Array.isArray(items) ? items.length : 1;
}

/** Sends a response of any length: it reports the writes, and the request limits its size. */
function sendResponse(reply: FastifyReply, response: ReturnType<typeof toSyncResponse>) {
  const { status, body, retryAfter } = response;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

const rejectQueryString: RequestHook = ({ query }, reply, done) => {
  if (Object.keys(query as object).length === 0) return done();
  const message =
    "The address has a query string (?…), and nothing is read from there. Send everything in the body, and the key in X-Api-Key or " +
    "Authorization: Bearer.";
  new RefusedRequest(400, "BAD_USER_INPUT", message).send(reply);
};

/** Builds the operation of `POST /bitrix/sync`. Selects ids by record type, since `Node` lacks them. */
function buildSyncOperation(schema: GraphQLSchema) {
  const node = schema.getType("Node");
  const types = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];
  const ids = types.map(({ name }) => `... on ${name} { almaId externalId }`).join(" ");
  return `mutation SyncBitrix($items: [BitrixItemInput!]!, $dryRun: Boolean!) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items {
      kind itemId action record { __typename id ...Ids }
      changes { field before after hidden }
      userErrors { code field message }
      warnings { code field message }
    }
    buildings { name action building { __typename id ...Ids } userErrors { code field message } }
    userErrors { code field message }
  }
}
fragment Ids on Node { ${ids} }`;
}
