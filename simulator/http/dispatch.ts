import type { SimulatorContext } from "../store/context.ts";
import { notFoundPage, serverErrorPage } from "./html.ts";
import { requestMessage } from "./message.ts";
import { Refusal, refusalResponse } from "./refusal.ts";
import type { ApiRequest, ApiResponse, Route } from "./route.ts";

/** A request as its route receives it. */
interface IncomingRequest {
  readonly request: ApiRequest;
  readonly key: string | undefined;
  /** Why the JSON body could not be parsed. */
  readonly parseError?: string;
}

/**
 * Answers a request with the checks of Django and Django REST Framework in their order: path, key, method, media type,
 * body, then the handler. Never throws: `onError` receives unexpected errors of the handler.
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
