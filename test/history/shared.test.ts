import { expect, test } from "vitest";
import {
  codesOf,
  countIntents,
  eventually,
  join,
  leads,
  ready,
  rename,
  startPair,
  type TestMember,
} from "../share/members.ts";
import { describeWithPostgres } from "../support/postgres.ts";

const page =
  "{ nodes { recordId field before after origin by { name operation } cursor } pageInfo { endCursor } knownSince }";

const changes = async ({ query }: TestMember, args = "") =>
  (await query(`{ changes${args} ${page} }`)).data.changes;

const logOf = async ({ query }: TestMember, id: number, fields = '["address"]') =>
  (await query(`{ building(ref: { almaId: ${id} }) { changeLog(fields: ${fields}) ${page} } }`)).data.building
    .changeLog;

const addresses = (nodes: readonly { readonly field: string; readonly after: string }[]) =>
  nodes.flatMap(({ field, after }) => (field === "address" ? [after] : []));

describeWithPostgres("history of several processes", () => {
  test("continues with the next leader after a cursor, and is visible in SQL", async () => {
    const { postgres, alma, id, leader, standby } = await startPair();
    for (const address of ["second", "third"])
      expect((await standby.query(rename(id, address))).data.updateBuilding.userErrors).toEqual([]);
    const before = await changes(standby);
    expect(addresses(before.nodes)).toEqual(["first", "second", "third"]);
    expect(before.nodes.at(-1)).toMatchObject({
      before: "second",
      origin: "WRITE",
      by: { operation: "updateBuilding" },
    });
    const logged = await logOf(leader, id);
    await eventually(async () => (await countIntents(postgres)) === 0);
    await leader.close();
    await eventually(() => leads(standby));
    expect(await changes(standby)).toMatchObject({ nodes: before.nodes, knownSince: before.knownSince });
    expect(await logOf(standby, id)).toMatchObject({ nodes: logged.nodes });
    // An empty list of kinds or fields selects no changes.
    expect(await changes(standby, "(kinds: [])")).toMatchObject({ nodes: [] });
    expect(await logOf(standby, id, "[]")).toMatchObject({ nodes: [] });
    await standby.query(rename(id, "fourth"));
    const more = await changes(standby, `(after: "${before.pageInfo.endCursor}")`);
    expect(addresses(more.nodes)).toEqual(["fourth"]);
    const third = await join(alma, postgres.url);
    await eventually(() => ready(third));
    expect(addresses((await changes(third)).nodes)).toEqual(["first", "second", "third", "fourth"]);
    await eventually(async () => {
      const rows = await postgres.ask(
        "SELECT after FROM record_change WHERE kind = 'building' AND field = 'address' ORDER BY seq, n",
      );
      return rows.map(({ after }) => after).join() === "first,second,third,fourth";
    });
    // An entry is never stored before the changes that it shows, but may be stored after them.
    await eventually(async () => {
      const [building] = await postgres.ask(`SELECT address FROM building WHERE id = ${id}`);
      return building?.address === "fourth";
    });
    // A cursor of an earlier leader is looked up in the store, where terms end a moment later.
    await postgres.kill();
    const ask = `{ changes(after: "${before.pageInfo.endCursor}") ${page} }`;
    await eventually(async () => codesOf(await standby.query(ask))?.join() === "NO_LEADER");
  }, 120_000);

  test("starts again if the store has lost changes, and refuses older cursors with a reason", async () => {
    const { postgres, id, leader, standby } = await startPair({ ALMA_TIMEOUT: "1" });
    await leader.query(rename(id, "second"));
    const { pageInfo, knownSince } = await changes(leader);
    await eventually(async () => (await countIntents(postgres)) === 0);
    await leader.close();
    await postgres.ask("UPDATE lease SET token = '', xid = 0; UPDATE beat SET token = '', beat = 0");
    await eventually(() => leads(standby));
    const ask = `{ changes(after: "${pageInfo.endCursor}") { nodes { field } } }`;
    await eventually(async () => codesOf(await standby.query(ask))?.join() === "CURSOR_EXPIRED");
    expect(Date.parse((await changes(standby)).knownSince)).toBeGreaterThan(Date.parse(knownSince));
  }, 120_000);
});
