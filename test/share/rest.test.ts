import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { eachMessage } from "../support/pooler.ts";
import { describeWithPostgres } from "../support/postgres.ts";
import { eventually, join, ready, startAlma, startStore, type TestMember } from "./members.ts";

/** A connection to PostgreSQL that counts statements: `Q` has no values, `E` executes one with values. */
async function startCounter(port: number) {
  const counter = { port: 0, statements: 0 };
  const server = createServer((socket) => {
    const other = connect(port, "127.0.0.1");
    eachMessage(socket, false, (type) => {
      if (type === "Q" || type === "E") counter.statements++;
    });
    socket.pipe(other).pipe(socket);
    for (const end of [socket, other]) end.on("error", () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  counter.port = (server.address() as { port: number }).port;
  return counter;
}

describeWithPostgres("three idle gateways", () => {
  test.each([
    { lease: 2, perSecond: 8, renewals: 10 },
    { lease: 10, perSecond: 3, renewals: 4 },
  ])(
    "make at most $perSecond statements a second with LEASE=$lease",
    async ({ lease, perSecond, renewals }) => {
      const alma = await startAlma();
      const postgres = await startStore(alma);
      const counter = await startCounter(postgres.port);
      const url = `postgres://alma@127.0.0.1:${counter.port}/postgres`;
      const env = { LEASE: String(lease) };
      const members: TestMember[] = [];
      for (let index = 0; index < 3; index++) members.push(await join(alma, url, env));
      for (const member of members) await eventually(() => ready(member));
      const beatOf = async () => (await postgres.ask("SELECT beat::int AS beat FROM beat"))[0].beat as number;
      const first = await beatOf();
      await eventually(async () => (await beatOf()) > first + 1);
      const [begun, from, before] = [performance.now(), await beatOf(), counter.statements];
      await eventually(async () => (await beatOf()) >= from + renewals);
      const seconds = (performance.now() - begun) / 1000;
      const count = counter.statements - before;
      expect(count).toBeGreaterThan(renewals);
      expect(count / seconds).toBeLessThanOrEqual(perSecond);
    },
    120_000,
  );
});
