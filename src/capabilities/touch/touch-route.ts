import { z } from "zod";
import { maxExternalId } from "../../alma/index.ts";
import { kindByName } from "../../graph/index.ts";
import { type AddRoutes, RefusedRequest, rejectCrossOrigin, requireScopes } from "../../server/index.ts";

/** The maximum number of records of one request. */
const MAX_RECORDS = 100;
/** The `Retry-After` of refused requests, in seconds. */
const RETRY_AFTER = 5;

const kindNames = Object.keys(kindByName) as (keyof typeof kindByName)[];
const record = z
  .strictObject({
    kind: z.enum(kindNames),
    almaId: z.int().positive().max(2_147_483_647).optional(),
    externalId: z.string().trim().min(1).max(maxExternalId).optional(),
  })
  .refine(({ almaId, externalId }) => almaId === undefined || externalId === undefined, {
    error: "give one of almaId and externalId; with neither, the list of the kind is read",
  });
const body = z.strictObject({ records: z.array(record).min(1).max(MAX_RECORDS) });

/**
 * Adds `POST /touch`, which reads changed records now: by Alma id or Bitrix id, or lists by kind. After a 202, they are
 * read in the background; equal requests are merged.
 */
export const addTouchRoute: AddRoutes = (app, { config, graph: { touch }, operationHooks: hooks }) => {
  const onRequest = [
    ...hooks.onRequest,
    rejectCrossOrigin(config, "request a refresh"),
    requireScopes("Requesting a refresh", "WRITE"),
  ];
  const listed = { ...hooks.config, about: "reads changed records again, by POST" };
  app.post("/touch", { ...hooks, onRequest, config: listed }, async (request, reply) => {
    const parsed = body.safeParse(request.body);
    if (!parsed.success)
      throw new RefusedRequest(400, "BAD_USER_INPUT", `${z.prettifyError(parsed.error)}. ${expected}`);
    const touched = parsed.data.records.map(({ kind, almaId, externalId }) => ({
      kind: kindByName[kind],
      id: almaId,
      externalId,
    }));
    const added = touch(touched);
    if (added === "off") throw new RefusedRequest(501, "NOT_IMPLEMENTED", off);
    if (added === "full") throw new RefusedRequest(503, "OVERLOADED", full, { retryAfter: RETRY_AFTER });
    return reply.code(202).send({ reads: added, waiting: touched.length - added });
  });
};

const expected = `Send {"records": [{"kind": "UNIT", "almaId": 9199}, {"kind": "CLIENT", "externalId": "252"}]}, at most ${MAX_RECORDS}.`;
const off =
  "This gateway reads nothing in the background (CATALOG=off). Ask a query with @freshness(maxAge: 0) for the records.";
const full = `Too many records wait to be read; none of these was accepted. Send them again in ${RETRY_AFTER} s.`;
