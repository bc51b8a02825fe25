import pg from "pg";
import type { Log } from "../../config/index.ts";
import { readDescriptions } from "../../graph/index.ts";
import { APPLICATION_NAME, digestOf } from "../lasting/store-identity.ts";
import { createView, type View } from "../view/create-view.ts";
import { postgres, recordViews } from "../view/sql-view.ts";
import { commentOn } from "../view/view-comment.ts";
import { type PostgresAddress, type Query, withConnection } from "./connection.ts";
import { readAbout } from "./layout.ts";

/** The interval, in milliseconds, at which replacing views in use is retried. */
const RETRY_INTERVAL = 60_000;
/** PostgreSQL's codes for a view that cannot be replaced in place, and for one that other views depend on. */
const OTHER_COLUMNS = "42P16";
const HAS_DEPENDANTS = "2BP01";

/** Returns the views of this version, and a digest that distinguishes them from another version's. */
export function viewsWithDigest(): { readonly views: readonly View[]; readonly digest: string } {
  const views = recordViews(postgres);
  return { views, digest: digestOf(JSON.stringify(views)) };
}

/**
 * Creates the views of this version. Tries again each minute while a reader locks the earlier ones, which stay until
 * then. Returns a function that stops this.
 */
export function maintainViews(address: PostgresAddress, log: Pick<Log, "warn">): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const make = async () => {
    try {
      await makeViews(address, log);
    } catch (error) {
      if (isEnded) return;
      const reason = (error as Error).message;
      log.warn({ reason }, "the SQL views keep their earlier columns: they are created again in a minute");
      timer = setTimeout(make, RETRY_INTERVAL).unref();
    }
  };
  void make();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** Creates views in one transaction, unless they exist already. Throws if they are locked. */
export function makeViews(
  address: PostgresAddress,
  log: Pick<Log, "warn">,
  { views, digest } = viewsWithDigest(),
): Promise<void> {
  return withConnection(address, ({ transaction }) =>
    transaction(async (query) => {
      await query("SELECT pg_advisory_xact_lock(hashtext($1))", [APPLICATION_NAME]);
      const descriptions = readDescriptions();
      const all = digestOf(digest + views.flatMap((view) => commentOn(descriptions, view)));
      if ((await readAbout(query)).get("views") === all) return;
      for (const view of views) {
        const name = await makeView(query, view, log);
        await query(`GRANT SELECT ON ${name} TO PUBLIC; ${commentOn(descriptions, view, name).join("; ")}`);
      }
      await query(
        "INSERT INTO about VALUES ('views', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [all],
      );
    }),
  );
}

/**
 * Replaces a view in place, or else drops and creates it. If others depend on it, creates it under a numbered name.
 * Returns the name.
 */
async function makeView(query: Query, view: View, log: Pick<Log, "warn">) {
  for (let [version, name] = [1, view.name]; ; name = `${view.name}_v${++version}`) {
    const present = await query(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 ORDER BY attnum",
      [name],
    );
    const text = createView(
      { ...view, name },
      present.map((column) => String(column.name)),
    );
    if (
      (await attempt(query, `CREATE OR REPLACE ${text}`, OTHER_COLUMNS)) ||
      (await attempt(query, `DROP VIEW ${name}; CREATE ${text}`, HAS_DEPENDANTS))
    ) {
      if (version > 1)
        log.warn(
          { view: view.name, newView: name, dependants: await dependantsOf(query, view.name) },
          "a SQL view keeps its earlier columns, since views of others depend on it: its current columns are in a new view",
        );
      return name;
    }
  }
}

/** Runs statements. Returns false, with nothing changed, if PostgreSQL refuses them with `code`. */
async function attempt(query: Query, text: string, code: string) {
  await query("SAVEPOINT attempt");
  try {
    await query(text);
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === code)) throw error;
    await query("ROLLBACK TO attempt");
    return false;
  }
}

/** Returns the views that depend on one of the gateway's views. */
export async function dependantsOf(query: Query, name: string): Promise<readonly string[]> {
  const rows = await query(
    `SELECT DISTINCT c.oid::regclass::text AS name FROM pg_depend d
     JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class
     WHERE d.refobjid = to_regclass($1) AND c.oid <> d.refobjid ORDER BY 1`,
    [name],
  );
  return rows.map((row) => String(row.name));
}
