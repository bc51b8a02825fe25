import { setTimeout as sleep } from "node:timers/promises";
import { createSimulator } from "../../../simulator/index.ts";
import { startCluster } from "./cluster.ts";
import type { Member } from "./member.ts";
import type { Figures } from "./part.ts";

const hour = 3_600_000;

/**
 * What an hour without a caller costs at Alma with REFRESH=demand. For the gateway, time goes by FACTOR times as fast
 * (60): its clocks and timers are moved, nothing else, so that an hour takes a minute and all settings are the defaults.
 * With FACTOR=1 the hour takes an hour. Before it, somebody asks for details, which are then kept young for an hour.
 */
export async function measureIdleHour(main: string): Promise<Figures> {
  const factor = Number(process.env.FACTOR ?? 60);
  const alma = await createSimulator({ size: 1 });
  const clock = new URL("fast-clock.js", `file://${main.replace("src/main.js", "test/bench/share/")}`);
  const cluster = await startCluster(
    main,
    alma,
    1,
    {
      REFRESH: "demand",
      CLOCK_FACTOR: `${factor}`,
      ALMA_TIMEOUT: `${Math.min(600, 15 * factor)}`,
      DEADLINE: "600",
    },
    false,
    ["--import", clock.href],
  );
  const [gateway] = cluster.members as [Member];
  const question =
    "{ tenantContracts(first: 5, orderBy: [{ field: PRICE }]) { nodes { price client { phone } } } }";
  const callsOf = async (work: () => Promise<unknown>) => {
    const before = alma.log.total;
    await work();
    return alma.log.total - before;
  };
  const passHour = () => sleep(hour / factor);
  const figures: (readonly [string, string | number, number?])[] = [
    ["first reading of everything, calls", alma.log.total],
  ];
  // The questions of whole hours take too long where time goes by as it does.
  if (factor > 1) {
    await gateway.ask(question);
    figures.push(["an hour after a question for contracts and clients, calls", await callsOf(passHour)]);
    // What was asked for at the beginning of the hour is kept until its end.
    await sleep(60_000 / factor);
  }
  figures.push(["an idle hour, calls", await callsOf(passHour), 800]);
  let text = "";
  const askedAt = performance.now();
  const calls = await callsOf(async () => {
    text = (await gateway.ask(question))?.text ?? "no answer";
  });
  if (!text.includes('"phone"') || text.includes('"errors"')) throw new Error(text);
  figures.push(["the first question after it, calls", calls]);
  figures.push(["the first question after it, ms", (performance.now() - askedAt).toFixed(0)]);
  await cluster.stop();
  await alma.close();
  return figures;
}
