import type { Setting } from "./setting-schema.ts";
import { settings } from "./settings.ts";

/** Settings that decide who may use the gateway. */
const CRITICAL = /^(AUTH|API_KEYS|API_KEYS_FILE|TRUST_PROXY|(JWT|CORS)_.+)$/;
/** The number of letters per tolerated typo. Short names are too similar to other words. */
const LETTERS_PER_SLIP = 5;

/**
 * Finds variables that are not settings but have nearly the name of one. Returns that name, and whether the setting
 * decides who may use the gateway, so that starting without it is dangerous. Empty variables are ignored. `more`:
 * settings besides those of the core.
 */
export function findMisspeltSettings(
  env: Readonly<Record<string, string | undefined>>,
  more: Readonly<Record<string, Setting<unknown>>> = {},
) {
  const names = Object.values<Setting<unknown>>({ ...settings, ...more }).flatMap(({ name, isSecret }) =>
    isSecret ? [name, `${name}_FILE`] : [name],
  );
  return Object.entries(env).flatMap(([variable, value]) => {
    if (!value?.trim() || names.includes(variable)) return [];
    const setting = names.find((name) => isNear(variable.toUpperCase(), name));
    return setting === undefined ? [] : [{ variable, setting, isCritical: CRITICAL.test(setting) }];
  });
}

function isNear(spelling: string, name: string) {
  const slips = Math.floor(name.length / LETTERS_PER_SLIP);
  return Math.abs(spelling.length - name.length) <= slips && editDistance(spelling, name) <= slips;
}

/** Returns the number of letters to change, add or remove (Levenshtein distance). */
export function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...one].entries()) {
    const above = row;
    row = [index + 1];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (above[column - 1] ?? 0) + Number(letter !== other[column - 1]);
      row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
    }
  }
  return row[other.length] ?? 0;
}
