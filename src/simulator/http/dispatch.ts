import type { SimulatorContext } from "../store/context.ts";
import { notFoundPage, serverErrorPage } from "./html.ts";
import { requestMessage } from "./message.ts";
import { Refusal, refusalResponse } from "./refusal.ts";
import type { ApiRequest, ApiResponse, Route } from "./route.ts";

/** A request as it reaches the path that it names. */
export interface IncomingRequest {
  readonly request: ApiRequest;
  readonly key: string | undefined;
  /** Why the body could not be parsed, if it is one that should have been. */
  readonly parseError?: string;
}

/**
 * What Django and its REST Framework do before and after a handler, in their order: unknown path, key, method, media
 * type, body, then the handler with its refusals. Never throws; `note` hears of what went wrong inside.
 */
export function dispatch(
  route: Route,
  incoming: IncomingRequest,
  apiKey: string,
  context: SimulatorContext,
  onError: (error: unknown) => void,
): ApiResponse {
  const { language, keyStatus } = context.switches;
  const { request } = incoming;
  const methods = route.methods();
  const methodNames = Object.keys(methods);
  if (methodNames.length === 0) return notFoundPage;
  const allow = { Allow: [...methodNames, ...(methods.GET ? ["HEAD"] : []), "OPTIONS"].join(", ") };
  if (incoming.key !== apiKey) {
    const message = incoming.key === undefined ? requestMessage.noKey : requestMessage.badKey;
    const headers = keyStatus === 401 ? { "WWW-Authenticate": "Api-Key" } : undefined;
    return { status: keyStatus, body: { detail: message[language] }, headers };
  }
  if (request.method === "OPTIONS") return { status: 200, body: optionsBody(route), headers: allow };
  const handler = Object.entries(methods).find(([name]) => name === request.method)?.[1];
  if (!handler) {
    return { status: 405, body: { detail: requestMessage.method(request.method)[language] }, headers: allow };
  }
  if (request.method !== "GET") {
    const type = request.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
    if (type !== "" && !route.parses().includes(type)) {
      return { status: 415, body: { detail: requestMessage.mediaType(request.contentType)[language] } };
    }
    if (incoming.parseError)
      return { status: 400, body: { detail: requestMessage.notJson(incoming.parseError)[language] } };
  }
  try {
    return handler(request);
  } catch (error) {
    if (error instanceof Refusal) return refusalResponse(error, context.switches);
    onError(error);
    return serverErrorPage;
  }
}

function optionsBody(route: Route) {
  return { name: route.url, description: "", renders: ["application/json"], parses: route.parses() };
}
