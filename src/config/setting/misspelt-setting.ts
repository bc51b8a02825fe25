import type { Setting } from "./setting-schema.ts";
import { settings } from "./settings.ts";

/** Settings that decide who may use the gateway. */
const CRITICAL = /^(AUTH|API_KEYS|API_KEYS_FILE|TRUST_PROXY|(JWT|CORS)_.+)$/;
/** Critical settings with a prefix that hardly any other program uses. */
const FAMILY = /^(JWT|CORS)_/;
/** Variables set by Kubernetes for each service, whatever its name, and one by Heroku. */
const OF_PLATFORMS = /_SERVICE_HOST$|_PORT|^WEB_CONCURRENCY$/;

/**
 * Finds variables that are no settings but nearly have the name of one: with that name, and whether it
 * decides who may use the gateway, so that starting without it is dangerous. An empty variable counts as not
 * set. `more`: settings besides those of the core.
 */
export function findMisspeltSettings(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, Setting<unknown>>> = {},
) {
  const names = Object.values<Setting<unknown>>({ ...settings, ...more }).flatMap(({ name, isSecret }) =>
    isSecret ? [name, `${name}_FILE`] : [name],
  );
  const known = new Set(names);
  return Object.entries(env).flatMap(([variable, value]) => {
    if (!value?.trim() || known.has(variable) || OF_PLATFORMS.test(variable)) return [];
    const spelling = variable.toUpperCase();
    const [setting] = names
      .filter((name) => isNear(spelling, name))
      .sort((one, other) => distance(spelling, one) - distance(spelling, other));
    return setting === undefined ? [] : [{ variable, setting, isCritical: CRITICAL.test(setting) }];
  });
}

function isNear(spelling: string, name: string): boolean {
  if (name === "AUTH") return spelling.startsWith("A") && isWithin(spelling, name, 1);
  if (name.length <= 4) return isSlip(spelling, name);
  const maxDistance = Math.min(3, Math.floor(name.length / 5));
  if (isWithin(toSingular(spelling), toSingular(name), maxDistance)) return true;
  // Only secrets come in files.
  if (spelling === `${name}_FILE`) return true;
  if (!CRITICAL.test(name)) return false;
  const [, family] = FAMILY.exec(name) ?? [];
  if (family === undefined) return spelling.startsWith(`${name}_`);
  const rest = name.slice(family.length + 1);
  // JWKS_URI, for JWT_JWKS_URL.
  if (rest.includes("_") && isWithin(spelling, rest, 1)) return true;
  if (!spelling.startsWith(`${family}_`)) return false;
  // JWT_ISS, for JWT_ISSUER.
  const isAbbreviation = name.startsWith(spelling) && spelling.length >= family.length + 4;
  return isAbbreviation || containsWords(spelling.split("_"), name.split("_"));
}

/** Turns TRUST_PROXIES into TRUST_PROXY, and METRICS into METRIC. */
const toSingular = (name: string) => name.replaceAll(/IES(?=_|$)/g, "Y").replaceAll(/S(?=_|$)/g, "");

/**
 * Returns whether all words of a name occur in a spelling, in order, among others: CORS_ALLOWED_ORIGIN for
 * CORS_ORIGINS.
 */
function containsWords(words: readonly string[], ofName: readonly string[]) {
  let found = 0;
  for (const word of words) if (isWithin(word, ofName[found] ?? "", 1)) found += 1;
  return found === ofName.length;
}

/** Returns whether letters of a short name are swapped, omitted or doubled; `PORTS` is another word. */
function isSlip(spelling: string, name: string) {
  if (spelling === name) return true;
  if (!isWithin(spelling, name, 1)) return false;
  const isSwapped = [...spelling].sort().join("") === [...name].sort().join("");
  return isSwapped || spelling.length < name.length || /(.)\1/.test(spelling);
}

/**
 * Returns whether the distance of two texts is at most `max`. Texts of too different lengths are skipped,
 * because counting is slow.
 */
const isWithin = (one: string, other: string, max: number) =>
  Math.abs(one.length - other.length) <= max && distance(one, other) <= max;

/**
 * Returns the number of letters to change, add, omit or swap with the next one (optimal string alignment).
 */
export function distance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap && row > 1 && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}
