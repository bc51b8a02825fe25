import type { Answer } from "./answer.ts";
import type { Switches } from "./switches.ts";

/** The answer to an archive or a block that was carried out. */
export function stateAnswer(form: Switches["blockAnswer"], print: () => unknown): Answer {
  if (form === "empty") return { status: 200 };
  return { status: 200, body: form === "true" ? true : print() };
}
