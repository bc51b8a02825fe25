import { expect, test } from "vitest";
import { eventually, join, rename, startAlma, startStore } from "../share/members.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { openStream } from "../support/stream.ts";

const follow = { query: "subscription ($after: String) { changes(after: $after) { after } }" };

describeWithPostgres("streams of several processes", () => {
  test("a leader stops despite open streams, and its readers continue at another process after their cursor", async () => {
    const alma = await startAlma();
    const { url } = await startStore(alma);
    const first = await join(alma, url);
    await eventually(async () => (await first.ready()).code === 200);
    const second = await join(alma, url);
    await eventually(async () => (await second.ready()).code === 200);
    const id = alma.data.buildings.all()[0]?.id ?? 0;
    const open = (address: string, after: string) =>
      openStream(`${address}/graphql/stream`, { body: { ...follow, variables: { after } } });
    const streams = [await open(first.address, "now"), await open(second.address, "now")];
    await eventually(async () => (await first.query(rename(id, "One"))).data?.updateBuilding);
    const told = await Promise.all(streams.map(({ take }) => take(1)));
    expect(told.flat().map(({ data }) => data.changes.after)).toEqual(["One", "One"]);
    await first.close();
    await Promise.all(streams.map(({ ended }) => ended));
    await eventually(async () => (await second.query(rename(id, "Two"))).data?.updateBuilding);
    const again = await eventually(async () => {
      const stream = await open(second.address, told[0]?.[0].extensions.alma.cursor);
      return stream.status === 200 ? stream : undefined;
    });
    const [next] = await again.take(1);
    expect(next.data?.changes.after).toBe("Two");
  });
});
