import { expect, test } from "vitest";
import { describeWithValkey, startValkey } from "../../support/valkey.ts";
import { eventually, join, startAlma, type TestMember } from "./members.ts";

const names = "{ units { totalCount nodes { name header building { name } } } }";
const leads = ({ messages }: TestMember) => messages().filter((text) => text === "this process leads").length;

describeWithValkey("several gateways over one engine", () => {
  test("answer alike, and Alma pays for one", async () => {
    const valkey = await startValkey();
    const alma = await startAlma({ size: 3 });
    const members = await Promise.all([1, 2, 3].map(() => join(alma, valkey.url)));
    await eventually(() => members.some(leads));
    const leader = members.find(leads) as TestMember;
    await eventually(() => leader.gateway.catalog.progress().warm);
    const calls = alma.log.entries.length;
    const answers = await Promise.all(members.map(({ query }) => query(names)));
    for (const { data, errors } of answers) {
      expect(errors).toBeUndefined();
      expect(data).toEqual(answers[0]?.data);
    }
    expect(alma.log.entries.length).toBe(calls);
    expect(members.map(leads).reduce((a, b) => a + b)).toBe(1);
  }, 30_000);

  test("when the leader leaves, another one leads within a moment, and reads nothing again", async () => {
    const valkey = await startValkey();
    const alma = await startAlma({ size: 3 });
    const first = await join(alma, valkey.url);
    await eventually(() => leads(first) && first.gateway.catalog.progress().warm);
    const before = await first.query(names);
    const second = await join(alma, valkey.url);
    await eventually(async () => (await second.ready()).code === 200);
    alma.log.clear();
    await first.close();
    const after = await second.query(names);
    expect(leads(second)).toBe(1);
    expect(after.errors).toBeUndefined();
    expect(after.data).toEqual(before.data);
    expect(after.extensions.alma.calls).toBe(0);
    expect(alma.log.entries.map(({ path }) => path)).toEqual([]);
  }, 30_000);
});
