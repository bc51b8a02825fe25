import { describe, expect, onTestFinished, test } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import { SETTLING_TIME, start } from "../graph/start.ts";
import { household } from "../simulator/alma.ts";
import { isPatch } from "../simulator/update-fault.ts";
import { advance, skipWaiting } from "../support/clock.ts";
import { jpeg } from "../support/file-host.ts";
import { startInFront } from "../support/gateway.ts";

/** A gateway over an Alma that accepts files, an uploaded file, and the mutation that changes a unit's photos. */
async function startWithUpload(env: Record<string, string> = {}) {
  const gateway = await start({ data: household, switches: { imageForm: "multipart" } }, env);
  const { address, mutate, data } = gateway;
  const upload = async (name = "front.jpg") => {
    const body = new FormData();
    body.append("file", new File([new Uint8Array(jpeg(3_000))], name));
    const { externalFileId } = await (await fetch(`${address}/files`, { method: "POST", body })).json();
    return externalFileId as number;
  };
  const file = await upload();
  gateway.sent();
  let lastId = 90_000;
  /** Another system adds a photo to the existing ones. */
  const addTheirs = () => {
    const photos = data.units.get(1)?.photos ?? [];
    data.units.change(1, {
      photos: [...photos, { id: ++lastId, url: `/media/127/photos/${lastId}/front.jpg` }],
    });
  };
  return {
    ...gateway,
    file,
    upload,
    addTheirs,
    photos: () => data.units.get(1)?.photos ?? [],
    change: (photos: string, more = "") =>
      mutate(`updateUnit(ref: { almaId: 1 }, input: { photos: { ${photos} } }${more})`, "__typename"),
  };
}

const codes = ({ userErrors }: { readonly userErrors: readonly { readonly code: string }[] }) =>
  userErrors.map(({ code }) => code);
const once = (kind: "reset" | "lostAnswer"): Fault => ({ kind, times: 1, when: isPatch });

test("an upload gets a unique name", async () => {
  const { upload, data } = await startWithUpload();
  await upload();
  const names = data.files.all().flatMap(({ name }) => (name.endsWith("-front.jpg") ? [name] : []));
  expect(new Set(names).size).toBe(2);
});

describe.each(["off", "on"])("an addition whose answer is lost (catalog %s)", (CATALOG) => {
  test("is done if a new photo has the name of the upload, even if others add photos", async () => {
    const { change, file, simulator, addTheirs, sent } = await startWithUpload({ CATALOG });
    simulator.faults.add(once("lostAnswer"));
    simulator.faults.add({
      kind: "transform",
      times: 1,
      when: isPatch,
      change: (body) => {
        addTheirs();
        return body;
      },
    });
    expect(codes(await change(`add: [${file}]`))).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  test.each(["", ', idempotencyKey: "k-1"'])(
    "and that was not done is not confirmed by somebody else's photo%s",
    async (more) => {
      const { change, file, simulator, addTheirs, photos, sent } = await startWithUpload({ CATALOG });
      simulator.faults.add(once("reset"));
      simulator.faults.add({
        kind: "transform",
        times: 1,
        when: ({ method, path }) =>
          method === "GET" && path.endsWith("units/1/") && simulator.log.entries.some(isPatch),
        change: (body) => {
          addTheirs();
          return { ...(body as object), photos: photos() };
        },
      });
      const first = await change(`add: [${file}]`, more);
      expect(codes(first)).toEqual(["OUTCOME_UNKNOWN"]);
      expect(first.userErrors[0]?.message).toContain(`or another: ${photos()[0]?.id}.`);
      advance(SETTLING_TIME);
      if (more === "") return;
      for (const _ of [2, 3]) {
        const repeated = await change(`add: [${file}]`, more);
        expect(codes(repeated)).toEqual(["OUTCOME_UNKNOWN"]);
        expect(repeated.userErrors[0]?.message).toContain(`${photos()[0]?.id}.`);
      }
      expect(photos()).toHaveLength(1);
      expect(sent()).toHaveLength(1);
    },
  );

  test("is done under its key once the photo is there", async () => {
    const { change, file, simulator, addTheirs, data, photos } = await startWithUpload({ CATALOG });
    simulator.faults.add(once("reset"));
    const add = () => change(`add: [${file}]`, ', idempotencyKey: "k-1"');
    expect(codes(await add())).toEqual(["OUTCOME_UNKNOWN"]);
    addTheirs();
    const url = `/media/127/photos/7/${data.files.get(file)?.name}`;
    data.units.change(1, { photos: [...photos(), { id: 7, url }] });
    expect(codes(await add())).toEqual([]);
  });
});

describe("an addition that Alma accepts", () => {
  test("and loses is not confirmed by another caller's photo", async () => {
    const { change, file, simulator, addTheirs } = await startWithUpload();
    simulator.faults.add({ kind: "status", status: 200, body: "", times: 1, when: isPatch });
    simulator.faults.add({
      kind: "transform",
      times: 1,
      when: ({ method }) => method === "GET" && simulator.log.entries.some(isPatch),
      change: (body) => {
        addTheirs();
        return body;
      },
    });
    expect(codes(await change(`add: [${file}]`))).toEqual(["OUTCOME_UNKNOWN"]);
  });

  test("is done where Alma has fetched the file itself, or shows no links", async () => {
    const { change, file, simulator } = await startWithUpload();
    expect(codes(await change("add: [9146]"))).toEqual([]);
    simulator.switches.photoForm = "numbers";
    expect(codes(await change(`add: [${file}]`))).toEqual([]);
  });
});

describe.each(["reset", "lostAnswer"] as const)(
  "an addition of a file without a known name, and its answer lost by a %s",
  (fault) => {
    test.each(["fetched by Alma itself", "uploaded before a restart"])(
      "is unknown, and names every new photo: %s",
      async (origin) => {
        const first = await startWithUpload();
        const { simulator, addTheirs, photos } = first;
        let file = 9146;
        let { query } = first;
        if (origin !== "fetched by Alma itself") {
          const next = await startInFront(simulator);
          onTestFinished(() => next.close());
          file = first.file;
          query = (...asked) => skipWaiting(next.query(...asked));
        }
        simulator.faults.add(once(fault));
        simulator.faults.add({
          kind: "transform",
          times: 1,
          when: ({ method, path }) =>
            method === "GET" && path.endsWith("units/1/") && simulator.log.entries.some(isPatch),
          change: (body) => {
            addTheirs();
            return { ...(body as object), photos: photos() };
          },
        });
        const { data } = await query(
          `mutation { told: updateUnit(ref: { almaId: 1 }, input: { photos: { add: [${file}] } }) { userErrors { code message } } }`,
        );
        expect(codes(data.told)).toEqual(["OUTCOME_UNKNOWN"]);
        const ids = photos().map(({ id }) => id);
        expect(ids).toHaveLength(fault === "reset" ? 1 : 2);
        for (const id of ids) expect(data.told.userErrors[0].message).toContain(String(id));
      },
    );
  },
);

test("a scan whose answer is lost is done if its link has the name of the upload", async () => {
  const { mutate, file, simulator } = await startWithUpload();
  simulator.faults.add(once("lostAnswer"));
  const { userErrors } = await mutate(
    `updateClient(ref: { almaId: 251 }, input: { idScan: ${file} })`,
    "__typename",
  );
  expect(userErrors).toEqual([]);
});
