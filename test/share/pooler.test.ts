import pg from "pg";
import { expect, test } from "vitest";
import { startPooler } from "../support/pooler.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { countIntents, eventually, rename, startAlma, startMembers, startStore } from "./members.ts";

const warning = "STORE_URL leads through a pooler that gives each transaction another session";

describeWithPostgres("through a pooler that pools transactions", () => {
  test.each([2, 4, 8])(
    "every write is durable, whatever others set in the %i sessions, and the start says what to do",
    async (sessions) => {
      const alma = await startAlma();
      const postgres = await startStore(alma);
      const { port } = await startPooler(postgres.port, sessions);
      const url = `postgres://alma@127.0.0.1:${port}/postgres`;
      // The durability setting that commits of intents and keys wait for, with its initial value.
      await postgres.ask(
        `CREATE TABLE public.waited (setting text);
         CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN INSERT INTO public.waited VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
         CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON alma.intent DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION public.note();
         CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON alma.kept DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION public.note()`,
      );
      const others = await Promise.all(
        Array.from({ length: sessions }, async () => {
          const other = new pg.Client(url);
          await other.connect();
          await other.query("BEGIN");
          return other;
        }),
      );
      // Each occupies a session, so that the setting stays in every session.
      for (const other of others)
        await other.query("SET synchronous_commit = off; SET search_path = pg_catalog; COMMIT");
      for (const other of others) await other.end();
      const { members, id } = await startMembers(alma, [url, url]);
      const count = 12;
      const answers = await Promise.all(
        Array.from({ length: count }, (_, n) =>
          members[n % 2 === 0 ? 0 : 1].query(rename(id, `Quay ${n}`, `k-${n}`)),
        ),
      );
      for (const { data, errors } of answers) {
        expect(errors).toBeUndefined();
        expect(data.updateBuilding.userErrors).toEqual([]);
      }
      const waited = await postgres.ask(
        "SELECT setting, count(*)::int AS count FROM public.waited GROUP BY 1",
      );
      expect(waited).toEqual([{ setting: "on", count: expect.any(Number) }]);
      expect(waited[0].count).toBeGreaterThan(2 * count);
      await eventually(async () => (await countIntents(postgres)) === 0);
      for (const member of members)
        expect(member.messages().filter((message) => message.startsWith(warning))).toHaveLength(1);
    },
    120_000,
  );

  test("a database that is reached directly is not taken for a pooler", async () => {
    const alma = await startAlma();
    const { url } = await startStore(alma);
    const { members } = await startMembers(alma, [url, url]);
    for (const member of members) expect(member.messages().join()).not.toContain("pooler");
  }, 120_000);
});
