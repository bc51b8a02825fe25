import type { ApiResponse } from "../http/route.ts";
import type { Switches } from "../store/switches.ts";

/** The answer to a successful archive or block, in the form of a switch. */
export function stateChangeResponse(form: Switches["blockAnswer"], serialize: () => unknown): ApiResponse {
  if (form === "empty") return { status: 200 };
  return { status: 200, body: form === "true" ? true : serialize() };
}
