import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import {
  eventually,
  join,
  loseLease,
  ready,
  startAlma,
  startStore,
  type TestMember,
  terms,
} from "./members.ts";

const names = "{ units { totalCount nodes { name header building { name } } } }";

/** The number of calls that a single gateway makes until its catalog is full. */
async function callsOfOne(): Promise<number> {
  const gateway = await startGateway({ size: 1 }, { CATALOG: "on" });
  onTestFinished(() => gateway.close());
  await gateway.warm();
  return gateway.asked().length;
}

describeWithPostgres("several gateways over one store", () => {
  test("give the same answers, for the calls of one process", async () => {
    const one = await callsOfOne();
    const alma = await startAlma({ size: 1 });
    const postgres = await startStore(alma);
    const members = await Promise.all([1, 2, 3].map(() => join(alma, postgres.url, { MAX_AGE: "600" })));
    await eventually(() => members.some(terms));
    const leader = members.find(terms) as TestMember;
    await eventually(() => leader.gateway.catalog.progress().warm);
    const calls = alma.log.entries.length;
    expect(calls).toBeLessThanOrEqual(1.05 * one);
    const answers = await Promise.all(members.map(({ query }) => query(names)));
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data).toEqual(answers[0]?.data);
    }
    expect(alma.log.entries.length).toBe(calls);
    expect(members.map(terms).reduce((a, b) => a + b)).toBe(1);
  }, 120_000);

  test("when the leader stops, another one leads within a moment without reading anything again", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const first = await join(alma, postgres.url);
    await eventually(() => terms(first) && first.gateway.catalog.progress().warm);
    const before = await first.query(names);
    const second = await join(alma, postgres.url);
    await eventually(async () => (await second.ready()).code === 200);
    alma.log.clear();
    await first.close();
    const after = await second.query(names);
    expect(terms(second)).toBe(1);
    expect(after.errors).toBeUndefined();
    expect(after.data).toEqual(before.data);
    expect(after.extensions.alma.calls).toBe(0);
    expect(alma.log.entries.map(({ path }) => path)).toEqual([]);
  }, 120_000);

  test("publishes only the times of unchanged records, which are fresh for the next leader", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const env = { CATALOG_MAX_AGE: "4", LEASE: "2" };
    const first = await join(alma, postgres.url, env);
    const second = await join(alma, postgres.url, env);
    for (const member of [first, second]) await eventually(() => ready(member));
    const last = async (table: string) =>
      Number((await postgres.ask(`SELECT coalesce(max(seq), 0)::int AS seq FROM ${table}`))[0].seq);
    // Each entry was published once.
    await eventually(async () => (await last("reading")) > 0);
    const [published, calls] = [await last("entry"), alma.log.entries.length];
    await eventually(() => alma.log.entries.length > calls + 60);
    const read = await last("reading");
    await eventually(async () => (await last("reading")) > read);
    const [{ count }] = await postgres.ask(
      `SELECT count(*)::int AS count FROM entry WHERE seq > ${published}`,
    );
    expect(count).toBeLessThan(10);
    await first.close();
    const { data, extensions } = await second.query(
      "{ units { totalCount nodes { number building { address } } } }",
    );
    expect(data.units.totalCount).toBeGreaterThan(0);
    expect(extensions.alma.calls).toBe(0);
  }, 120_000);

  test("the next leader reads a list invalidated by a write only when it is due", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const first = await join(alma, postgres.url);
    await eventually(() => ready(first));
    const second = await join(alma, postgres.url);
    await eventually(() => ready(second));
    const [client] = alma.data.clients.all();
    const write = `mutation { updateClient(ref: { almaId: ${client?.id} }, input: { phone: "+97150" }) { client { phone } } }`;
    expect((await first.query(write)).data.updateClient.client.phone).toBe("+97150");
    alma.log.clear();
    await first.close();
    const phone = `{ client(ref: { almaId: ${client?.id} }) { phone } }`;
    expect((await second.query(phone)).data.client.phone).toBe("+97150");
    await eventually(() => second.gateway.catalog.progress().warm);
    expect(alma.log.entries.map(({ path }) => path)).toEqual([]);
    // A query that needs the list reads it immediately.
    await second.query("{ clients { totalCount } }");
    expect(alma.log.entries.map(({ path }) => path)).toEqual(["realty/clients/"]);
  }, 60_000);

  test("the next leader answers an idempotency key like the one that used it", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const first = await join(alma, postgres.url);
    const second = await join(alma, postgres.url);
    for (const { ready } of [first, second]) await eventually(async () => (await ready()).code === 200);
    const create = (key: string, name: string) =>
      `mutation { createClient(idempotencyKey: "${key}", input: { externalId: "c-9", firstName: "${name}", lastName: "Bauer",
        email: "lea@example.com", country: "971" }) { client { almaId } userErrors { code field } } }`;
    const made = await eventually(async () => (await first.query(create("k", "Lea"))).data?.createClient);
    expect(made).toMatchObject({ client: { almaId: expect.any(Number) }, userErrors: [] });
    await first.close();
    expect((await second.query(create("k", "Lea"))).data.createClient).toEqual(made);
    const codes = async (key: string, name: string) =>
      (await second.query(create(key, name))).data.createClient.userErrors.map(
        ({ code }: { code: string }) => code,
      );
    expect(await codes("k", "Leo")).toEqual(["INVALID"]);
    expect(await codes("other", "Lea")).toEqual(["ALREADY_EXISTS"]);
  }, 120_000);

  test("a block whose outcome only the former leader knew stays unknown with its key", async () => {
    const alma = await startAlma();
    const postgres = await startStore(alma);
    const env = { WRITE_SETTLING_TIME: "60" };
    const members = await Promise.all([join(alma, postgres.url, env), join(alma, postgres.url, env)]);
    for (const { ready } of members) await eventually(async () => (await ready()).code === 200);
    const { id } = alma.data.units.all().find(({ is_archived }) => !is_archived) ?? { id: 0 };
    const block = `mutation { blockUnit(ref: { almaId: ${id} }, idempotencyKey: "k") { userErrors { code } } }`;
    const isPatch = ({ method }: { readonly method: string }) => method === "PATCH";
    const stall = alma.faults.add({ kind: "stall", when: isPatch, times: 1 });
    const lost = eventually(async () => {
      const { data } = await (members[0] as TestMember).query(block);
      return data?.blockUnit;
    });
    await eventually(() => stall.hits === 1);
    await loseLease(postgres);
    expect(await lost).toEqual({ userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
    const patches = alma.log.entries.filter(isPatch).length;
    const again = await eventually(
      async () => (await (members[1] as TestMember).query(block)).data?.blockUnit,
    );
    expect(again).toEqual({ userErrors: [{ code: "OUTCOME_UNKNOWN" }] });
    const unblock = `mutation { unblockUnit(ref: { almaId: ${id} }) { userErrors { code } } }`;
    expect(await (members[1] as TestMember).query(unblock)).toMatchObject({
      errors: [{ extensions: { code: "WRITE_UNSETTLED" } }],
    });
    expect(alma.log.entries.filter(isPatch).length).toBe(patches);
  }, 120_000);
});
