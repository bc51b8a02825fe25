import type { Answer, Asked, Path } from "./answer.ts";
import { exception, unknownPath } from "./html.ts";
import { requestMessage } from "./message.ts";
import { Refusal, refusalAnswer } from "./refusal.ts";
import type { World } from "./world.ts";

/** A request as it reaches the path that it names. */
export interface Knock {
  readonly asked: Asked;
  readonly key: string | undefined;
  /** Why the body could not be parsed, if it is one that should have been. */
  readonly bodyFault?: string;
}

/**
 * What Django and its REST Framework do before and after a handler, in their order: unknown path, key, method, media
 * type, body, then the handler with its refusals. Never throws; `note` hears of what went wrong inside.
 */
export function pass(
  path: Path,
  knock: Knock,
  apiKey: string,
  world: World,
  note: (error: unknown) => void,
): Answer {
  const { language, keyStatus } = world.switches;
  const { asked } = knock;
  const methods = path.methods();
  const names = Object.keys(methods);
  if (names.length === 0) return unknownPath;
  const allow = { Allow: [...names, ...(methods.GET ? ["HEAD"] : []), "OPTIONS"].join(", ") };
  if (knock.key !== apiKey) {
    const message = knock.key === undefined ? requestMessage.noKey : requestMessage.badKey;
    const headers = keyStatus === 401 ? { "WWW-Authenticate": "Api-Key" } : undefined;
    return { status: keyStatus, body: { detail: message[language] }, headers };
  }
  if (asked.method === "OPTIONS") return { status: 200, body: options(path), headers: allow };
  const handler = Object.entries(methods).find(([name]) => name === asked.method)?.[1];
  if (!handler) {
    return { status: 405, body: { detail: requestMessage.method(asked.method)[language] }, headers: allow };
  }
  if (asked.method !== "GET") {
    const type = asked.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
    if (type !== "" && !path.parses().includes(type)) {
      return { status: 415, body: { detail: requestMessage.mediaType(asked.contentType)[language] } };
    }
    if (knock.bodyFault)
      return { status: 400, body: { detail: requestMessage.notJson(knock.bodyFault)[language] } };
  }
  try {
    return handler(asked);
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error, world.switches);
    note(error);
    return exception;
  }
}

function options(path: Path) {
  return { name: path.url, description: "", renders: ["application/json"], parses: path.parses() };
}
