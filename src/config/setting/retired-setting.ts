/** What whoever has set a setting that no longer exists is to do, by its name. */
export const retiredSettings: Readonly<Record<string, string>> = {
  KEPT_TEXTS: "remove it; KEPT_ANSWERS bounds the memory of the answers that are kept",
  SNAPSHOT_FILE:
    "set STORE_URL=sqlite:FILE, with a new file, and remove it; then its file, journal and lock can be deleted",
  SNAPSHOT_EVERY: "remove it; with STORE_URL=sqlite:FILE, a change is stored within a second",
  VALKEY_URL:
    "several processes share PostgreSQL now: set STORE_URL=postgres://USER@HOST/DATABASE, and remove it",
  VALKEY_PASSWORD: "remove it; that of PostgreSQL is STORE_PASSWORD",
  VALKEY_PASSWORD_FILE: "remove it; that of PostgreSQL is STORE_PASSWORD_FILE",
  VALKEY_CA_FILE: "remove it; that of PostgreSQL is STORE_CA_FILE",
  VALKEY_PREFIX: "remove it; STORE_SCHEMA names the schema in PostgreSQL",
};

/**
 * Finds the retired settings that an environment sets, with a sentence for whoever has set each. None keeps the gateway
 * from starting.
 */
export const findRetiredSettings = (env: Readonly<Record<string, string | undefined>>) =>
  Object.entries(retiredSettings)
    .filter(([variable]) => env[variable]?.trim())
    .map(([variable, remedy]) => ({
      variable,
      message: `${variable} is set, but no longer exists and has no effect: ${remedy}.`,
    }));
