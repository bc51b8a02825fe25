import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { contrary, printed, type Quirks } from "../../independent/alma/quirk.ts";
import { World } from "../../independent/alma/world.ts";
import { startAlma } from "../../independent/alma.ts";
import { startInFront } from "../../support/gateway.ts";
import { items, variant } from "./every-field.ts";
import { actions, type Payload, syncMutation } from "./gateway.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A gateway with a store, over an independent Alma that has only the project. */
async function start(quirks: Quirks) {
  const world = new World();
  world.projects.set(207, "Dubai");
  const alma = await startAlma(world, quirks);
  const folder = mkdtempSync(join(tmpdir(), "independent-sync-"));
  const STORE_URL = `sqlite:${folder}/store.sqlite`;
  const run = () => startInFront(alma, { ALMA_TIMEOUT: "10", DEADLINE: "3600", STORE_URL });
  let gateway = await run();
  onTestFinished(async () => {
    await gateway.close();
    await alma.down();
    rmSync(folder, { recursive: true });
  });
  return {
    async restart() {
      await gateway.close();
      gateway = await run();
    },
    /** The items' outcomes, and the number of writes sent to Alma. */
    async sync(sent = items) {
      alma.asked();
      const { data, errors } = await gateway.query(syncMutation, { items: sent });
      expect(errors).toBeUndefined();
      const { length: writes } = alma.asked().filter(({ method }) => method !== "GET");
      return { actions: actions(data.syncBitrix as Payload), writes };
    },
  };
}

const unchanged = { actions: items.map(() => "UNCHANGED"), writes: 0 };

test.each([
  ["as its document prints them", printed],
  ["as it prints them, and stores them in a form of its own", { ...printed, form: contrary.form }],
  ["in the least expected way", { ...contrary, form: printed.form }],
  ["in the least expected way, and stores them in a form of its own", contrary],
])(
  "an unchanged item is sent no third time to an independent Alma that shows values %s, nor after a restart",
  async (_, quirks) => {
    const { sync, restart } = await start(quirks);
    expect((await sync()).actions).toEqual(items.map(() => "CREATED"));
    // The gateway recognizes Alma's format after two writes.
    expect((await sync()).writes > 0).toBe(quirks.form === contrary.form);
    expect(await sync()).toEqual(unchanged);
    await restart();
    expect(await sync()).toEqual(unchanged);
    expect(await sync(variant)).toEqual(unchanged);
  },
);
