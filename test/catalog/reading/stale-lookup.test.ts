import { expect, onTestFinished, test } from "vitest";
import { advance } from "../../model/clock.ts";
import { smallWorld } from "../../model/world.ts";
import { day } from "../../support/day.ts";
import { startGateway } from "../../support/gateway.ts";

test.each(["on", "off"])(
  "with SERVE_STALE, a lookup from before a write denies no record that the gateway made or named (catalog %s)",
  async (CATALOG) => {
    const env = { CATALOG, MAX_AGE: "1", REFRESH_RATE: "1", ALMA_TIMEOUT: "2", DEADLINE: "5" };
    const gateway = await startGateway({ size: 0, data: smallWorld(day) }, env);
    onTestFinished(() => gateway.close());
    if (CATALOG === "on") await gateway.warm();
    const ask = (kind: string, id: string) => `${kind}(ref: { externalId: "${id}" }) { almaId }`;
    const before = await gateway.query(
      `{ ${ask("room", "made")} rentalObject: ${ask("rentalObject", "made")} ${ask("unit", "u-2")} }`,
    );
    expect(before.data).toEqual({ room: null, rentalObject: null, unit: { almaId: 2 } });
    const written = await gateway.query(`mutation {
      createRoom(input: { externalId: "made", name: "n-9", parentUnit: { almaId: 2 }, propertyType: "bunk" }) { room { almaId status } userErrors { message } }
      updateUnit(ref: { almaId: 2 }, input: { externalId: "u-9" }) { userErrors { message } }
    }`);
    expect(written).toMatchObject({
      data: { createRoom: { userErrors: [] }, updateUnit: { userErrors: [] } },
    });
    const { almaId } = written.data.createRoom.room;
    gateway.simulator.faults.add({ kind: "status", status: 503, when: ({ method }) => method === "GET" });
    advance(2);
    const stale = await gateway.query(`query Q @freshness(ifUnreachable: SERVE_STALE) {
      ${ask("room", "made")} rentalObject: ${ask("rentalObject", "made")} named: ${ask("unit", "u-9")}
      former: ${ask("unit", "u-2")} never: ${ask("room", "none")}
    }`);
    expect(stale.data).toEqual({
      room: { almaId },
      rentalObject: { almaId },
      named: { almaId: 2 },
      former: null,
      never: null,
    });
    // Their existence is unknown.
    expect(stale.errors?.map(({ path }) => path?.join()).sort()).toEqual(["former", "never"]);
  },
);
