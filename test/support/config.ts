import { capabilities } from "../../src/capabilities.ts";
import { constantsOf, loadConfigFor } from "../../src/compose.ts";
import type { Config } from "../../src/config/config.ts";
import { constants } from "../../src/config/constant.ts";

/** Constants that are times; tests specify them in seconds, like settings. */
const times: readonly string[] = ["fileTimeout", "cpuBudget", "leaderWait"];
const keys = new Map(
  Object.keys({ ...constants, ...constantsOf(capabilities) }).map((key) => [
    key.replaceAll(/[A-Z]/g, "_$&").toUpperCase(),
    key,
  ]),
);

const parse = (key: string, text: string): string | number => {
  if (times.includes(key)) return Number(text) * 1000;
  return /^\d+$/.test(text) ? Number(text) : text;
};

/** The Config of an environment that may also contain constants by name: `MAX_DEPTH` replaces `maxDepth`. */
export function testConfigOf(env: Readonly<Record<string, string | undefined>>): Config {
  const entries = Object.entries(env);
  const overrides = entries.flatMap(([name, text]) => {
    const key = keys.get(name);
    return key === undefined || text === undefined ? [] : [[key, parse(key, text)]];
  });
  return loadConfigFor(
    capabilities,
    Object.fromEntries(entries.filter(([name]) => !keys.has(name))),
    undefined,
    Object.fromEntries(overrides),
  );
}
