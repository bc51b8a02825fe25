import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SimulatorOptions } from "../../../simulator/index.ts";
import { createSimulator } from "../../../simulator/index.ts";
import { skipWaiting } from "../../support/clock.ts";
import { startInFront } from "../../support/gateway.ts";
import { apartment, contact, type Item } from "../item/items.ts";
import { actions, type Payload, syncMutation } from "./gateway.ts";

/** An Alma that cuts and strips every text, writes phones as digits and addresses in capitals. */
const forms: SimulatorOptions = { size: 0, data: { projects: [{ id: 207, name: "Dubai" }] } };
const shown = (row: Record<string, unknown>): object =>
  Object.fromEntries(
    Object.entries(row).map(([field, value]) => {
      if (typeof value !== "string") return [field, value];
      const stripped = value.trim();
      if (field === "phone") return [field, stripped.replace(/[^\d+]/g, "")];
      if (field === "electronic_lock_password") return [field, stripped.slice(0, 8)];
      return [field, field === "address" ? stripped.toUpperCase() : stripped];
    }),
  );

const items: readonly Item[] = [
  apartment(12, {
    ufCrm6_1718821717: " Street 5 ",
    ufCrm6_1683299159437: "\u00a0P2 ",
    ufCrm6_1715777670: "1234567890",
  }),
  contact(31, { PHONE: "+971 (50) 123-45-67" }),
];

test("the third sync of unchanged items sends nothing, nor one after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "third-sync-"));
  const simulator = await createSimulator(forms);
  simulator.faults.add({
    kind: "transform",
    when: ({ method }) => method === "GET",
    change(body) {
      if (Array.isArray(body)) return body.map(shown);
      return typeof body === "object" && body !== null ? shown(body as Record<string, unknown>) : body;
    },
  });
  const run = () =>
    startInFront(simulator, { ALMA_TIMEOUT: "10", STORE_URL: `sqlite:${folder}/store.sqlite` });
  const sent = () => {
    const { entries } = simulator.log;
    const writes = entries.filter(({ method }) => method === "POST" || method === "PATCH");
    simulator.log.clear();
    return writes.length;
  };
  let gateway = await run();
  onTestFinished(async () => {
    await gateway.close();
    await simulator.close();
    await rm(folder, { recursive: true });
  });
  const sync = async () => {
    const answer = await skipWaiting(gateway.query(syncMutation, { items }));
    return actions(answer.data.syncBitrix as Payload);
  };
  expect(await sync()).toEqual(["CREATED", "CREATED"]);
  expect(await sync()).toEqual(["UPDATED", "UPDATED"]);
  sent();
  expect(await sync()).toEqual(["UNCHANGED", "UNCHANGED"]);
  await gateway.close();
  gateway = await run();
  for (const _ of [4, 5]) expect(await sync()).toEqual(["UNCHANGED", "UNCHANGED"]);
  expect(sent()).toBe(0);
});
