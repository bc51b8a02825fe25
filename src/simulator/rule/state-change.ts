import type { ApiResponse } from "../http/route.ts";
import type { Switches } from "../store/switches.ts";

/** The answer to an archive or a block that was carried out. */
export function stateChangeResponse(form: Switches["blockAnswer"], serialize: () => unknown): ApiResponse {
  if (form === "empty") return { status: 200 };
  return { status: 200, body: form === "true" ? true : serialize() };
}
