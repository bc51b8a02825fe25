import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeWithPostgres } from "../support/postgres.ts";
import { startAlma, startStore } from "./members.ts";
import { type SharingProcess, spawnMember, whenReady } from "./processes.ts";

const CREATES = Number(process.env.STORM_CREATES ?? 100);

const create = (id: number) => `mutation { createClient(idempotencyKey: "storm-${id}", input: {
  externalId: "storm-${id}", firstName: "Lea", lastName: "Bauer", email: "lea${id}@example.com", phone: "+971500000000",
  country: "971" }) { client { almaId } userErrors { code message } } }`;

describeWithPostgres("creates through several processes while leaders are killed and stopped", () => {
  test("are performed exactly once each, and reported correctly", async () => {
    const alma = await startAlma({ latency: 20 });
    const postgres = await startStore(alma);
    const spawn = () => spawnMember(alma, postgres.url);
    const members = await Promise.all([spawn(), spawn(), spawn()]);
    await whenReady(members);

    let isOver = false;
    const said: Record<string, number> = {};
    const made = new Map<number, number>();
    const send = async (id: number): Promise<void> => {
      for (let attempt = id; ; attempt++) {
        const member = members[attempt % members.length] as SharingProcess;
        const answer = await member.ask(create(id));
        const payload = answer?.data?.createClient;
        const outcome =
          payload?.userErrors[0]?.code ??
          (payload ? "DONE" : (answer?.errors?.[0]?.extensions?.code ?? answer?.status ?? "none"));
        said[outcome] = (said[outcome] ?? 0) + 1;
        if (outcome === "DONE") return void made.set(id, payload.client.almaId);
        if (outcome === "ALREADY_EXISTS") throw new Error(`misreported ${id}: ${JSON.stringify(answer)}`);
        await sleep(100);
      }
    };
    const disturb = async () => {
      for (let round = 0; !isOver; round++) {
        await sleep(2_500);
        let index = -1;
        for (let i = 0; i < members.length; i++) if (await members[i]?.leads()) index = i;
        const leader = members[index];
        if (!leader || isOver) continue;
        if (round % 2 === 0) {
          leader.child.kill("SIGKILL");
          members[index] = await spawn();
        } else {
          leader.child.kill("SIGSTOP");
          await sleep(3_500);
          leader.child.kill("SIGCONT");
        }
      }
    };
    const disturbing = disturb();
    let next = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        while (next < CREATES) await send(next++);
      }),
    );
    isOver = true;
    await disturbing;
    process.stderr.write(`${JSON.stringify(said)}\n`);
    const clients = alma.data.clients.all().filter(({ external_id: id }) => /^storm-/.test(String(id)));
    expect(clients.length).toBe(CREATES);
    for (const client of clients)
      expect(made.get(Number(String(client.external_id).slice(6)))).toBe(client.id);
  }, 300_000);
});
