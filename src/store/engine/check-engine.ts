import { createHash } from "node:crypto";
import type { Config, Log } from "../../config/index.ts";
import { EngineUnreachable, ErrorReply } from "./connection.ts";
import type { Engine } from "./engine.ts";

/**
 * Checks whether an engine can be used; returns false if it cannot be reached. Throws a sentence for operators if it
 * would forget what it is told, refuses this process, or is used for another Alma.
 */
export async function checkEngine(
  engine: Engine,
  { almaUrl, valkeyPrefix }: Pick<Config, "almaUrl" | "valkeyPrefix">,
  log: Pick<Log, "warn">,
): Promise<boolean> {
  try {
    const policy = await engine.parameter("maxmemory-policy");
    if (policy === undefined)
      log.warn({}, "the engine does not tell its maxmemory-policy: see to it that it is noeviction");
    else if (policy !== "noeviction")
      throw new Error(
        `VALKEY_URL names an engine whose maxmemory-policy is ${policy}, so that it forgets what it is told when its memory ` +
          "is full. Set it to noeviction, or use an engine of its own.",
      );
    // Whoever reads the engine learns no address.
    const alma = createHash("sha256").update(almaUrl).digest("hex");
    if ((await engine.claim("alma", alma)) !== alma)
      throw new Error(
        `The engine is used for another ALMA_URL under the prefix "${valkeyPrefix}". Give this gateway another VALKEY_PREFIX, ` +
          `or, if Alma has moved, stop all gateways and delete the engine's keys that begin with {${valkeyPrefix}}.`,
      );
    return true;
  } catch (error) {
    if (error instanceof ErrorReply)
      throw new Error(
        `The engine that VALKEY_URL names refuses this gateway: "${error.message}". Check VALKEY_PASSWORD and what its ` +
          "user may do.",
      );
    if (!(error instanceof EngineUnreachable)) throw error;
    log.warn({ reason: error.message }, "the engine does not answer: without it no process leads");
    return false;
  }
}
