import { createReconnecting, type PostgresAddress, withConnection } from "./connection.ts";

// Notes need no term, since a blocked process may have lost its term. They expire by the store's running time.
const PREFIX = "mark:ended:";
const NOTE = `INSERT INTO main.kept SELECT $1, 'infinity', '', beat.ran + $2::float8 FROM main.beat
ON CONFLICT (name) DO UPDATE SET ends = excluded.ends`;
const CLEAR = "DELETE FROM main.kept WHERE name = $1";
const LEFT = `SELECT name, ends - beat.ran AS ms FROM main.kept, main.beat WHERE starts_with(name, $1) AND ends > beat.ran`;

/** Opens the notes about blocking operations, in the watchdog's thread. `ms`: how long each note is kept. */
export function openNotes({ address, ms }: { readonly address: PostgresAddress; readonly ms: number }) {
  const line = createReconnecting(address);
  let noted = "";
  // A note that cannot be left is not reported.
  const ignore = () => {};
  return {
    note(name: string) {
      noted = `${PREFIX}${name}`;
      line.query(NOTE, [noted, ms]).catch(ignore);
    },
    clear() {
      line.query(CLEAR, [noted]).catch(ignore);
    },
  };
}

/** Returns the place where processes of this store leave notes, each for `ms` milliseconds. */
export const postgresFatalRequests = (address: PostgresAddress, ms: number) => ({
  program: "store/postgres/fatal-requests-thread",
  data: { address, ms },
  read: () =>
    withConnection(address, async ({ query }) => {
      const rows = await query(LEFT, [PREFIX]);
      return new Map(rows.map(({ name, ms }) => [String(name).slice(PREFIX.length), Number(ms)]));
    }),
});
