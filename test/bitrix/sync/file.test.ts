import type { LookupAddress } from "node:dns";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { certificate } from "../../support/certificate.ts";
import { jpeg, startFileHost } from "../../support/file-host.ts";
import { apartment, contact, file, ownerContract, tenantContract, unit } from "../item/items.ts";
import { actions, having, start } from "./gateway.ts";

const DEED = "ufCrm10_1694000636731";
const LETTER = "ufCrm10_1694000391518";
const PASSPORT = "ufCrm10_1694000435068";
const LEASE = "ufCrm20Contract";
const flow = [apartment(12), unit(71, 12), contact(31)];

const uploads = (sent: readonly (readonly [string, unknown])[]) =>
  sent.filter(([call]) => call === "POST external-image/").map(([, body]) => body);
const link = (name: string) => ({ url: file(name).urlMachine, description: "" });

describe("a scan", () => {
  test("is uploaded by its link, and its id is written with the record", async () => {
    const { sync, sent, data } = await having(...flow);
    const done = await sync([ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") })]);
    expect(done.items).toMatchObject([{ action: "CREATED" }]);
    const scan = { field: "propertyTitleDeedScan", before: null, after: null, hidden: false };
    expect(done.items[0]?.changes).toContainEqual(scan);
    const calls = sent();
    expect(uploads(calls)).toEqual([link("deed.pdf")]);
    const [{ id } = { id: 0 }] = data.files.all();
    expect(calls.at(-1)).toMatchObject([
      "POST realty/contracts/owner_contracts/",
      { property_title_deed_scan: id, dtcm_permit_scan: null },
    ]);
  });

  test("that is too large for Alma is left out, and the warning says so", async () => {
    const { sync, sent, data, simulator } = await having(...flow);
    const body = { file: ["File too large. Size should not exceed 2 MiB."] };
    const isUpload = ({ method, path }: { method: string; path: string }) =>
      method === "POST" && path.endsWith("external-image/");
    for (const fault of [{ status: 400, body }, { status: 413 }])
      simulator.faults.add({ kind: "status", ...fault, when: isUpload, times: 1 });
    const { items } = await sync([
      ownerContract(401, 12, 31, { [DEED]: file("deed.pdf"), [LETTER]: file("letter.pdf") }),
    ]);
    expect(items).toMatchObject([{ action: "CREATED", userErrors: [] }]);
    expect(items[0]?.warnings.map(({ message, field }) => [field?.at(-1), message])).toEqual([
      [DEED, expect.stringMatching(/^propertyTitleDeedScan was left out.*File too large/)],
      [LETTER, expect.stringMatching(/^propertyManagementLetterScan was left out.* is too large for Alma/)],
    ]);
    expect(uploads(sent())).toHaveLength(2);
    expect(data.files.all()).toEqual([]);
  });

  test("is uploaded before its record and after its parents, in any order of items", async () => {
    const { sync, sent } = await start();
    const lease = tenantContract(501, 71, 31, { [LEASE]: [file("lease.pdf")] });
    expect(actions(await sync([lease, contact(31), unit(71, 12), apartment(12)]))).toEqual(
      Array(4).fill("CREATED"),
    );
    expect(sent().map(([call]) => call)).toEqual([
      "POST realty/buildings/",
      "POST realty/units/",
      "POST realty/rooms/",
      "POST external-image/",
      "POST users/clients/",
      "POST realty/contracts/tenant_contracts/",
    ]);
  });

  test("is uploaded only if Alma has none, regardless of the link", async () => {
    const { sync, sent } = await having(...flow, ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") }));
    expect(actions(await sync([ownerContract(401, 12, 31, { [DEED]: file("newer.pdf") })]))).toEqual([
      "UNCHANGED",
    ]);
    expect(sent()).toEqual([]);
    const both = ownerContract(401, 12, 31, { [DEED]: file("deed.pdf"), [LETTER]: file("letter.pdf") });
    const { items } = await sync([both]);
    expect(items).toMatchObject([
      { action: "UPDATED", changes: [{ field: "propertyManagementLetterScan" }] },
    ]);
    const calls = sent();
    expect(uploads(calls)).toEqual([link("letter.pdf")]);
    expect(calls.at(-1)).toEqual([
      expect.stringMatching(/^PATCH/),
      { property_management_letter_scan: expect.any(Number) },
    ]);
  });

  test("that is no longer in Bitrix is kept in Alma", async () => {
    const { sync, sent } = await having(...flow, ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") }));
    expect(actions(await sync([ownerContract(401, 12, 31, { [DEED]: "" })]))).toEqual(["UNCHANGED"]);
    expect(sent()).toEqual([]);
  });

  test("that several items have is uploaded once", async () => {
    const { sync, sent, data } = await having(...flow);
    const same = file("same.pdf");
    const items = [
      ownerContract(401, 12, 31, { [DEED]: same, [LETTER]: same }),
      tenantContract(501, 71, 31, { [LEASE]: [same, file("annex.pdf")] }),
    ];
    expect(actions(await sync(items))).toEqual(["CREATED", "CREATED"]);
    expect(uploads(sent())).toEqual([link("same.pdf")]);
    const [{ id } = { id: 0 }] = data.files.all();
    expect(data.tenantContracts.all()).toMatchObject([{ contract_scan: id }]);
    expect(data.ownerContracts.all()).toMatchObject([
      { property_title_deed_scan: id, property_management_letter_scan: id },
    ]);
  });

  test("of the passport on an owner contract is attached to the contact of the same sync", async () => {
    const { sync, sent, data } = await start();
    const items = [ownerContract(401, 12, 31, { [PASSPORT]: file("passport.jpg") }), ...flow];
    expect(actions(await sync(items))).toEqual(Array(4).fill("CREATED"));
    expect(uploads(sent())).toEqual([link("passport.jpg")]);
    expect(data.clients.all()).toMatchObject([{ passport_scan: data.files.all()[0]?.id }]);
    expect(actions(await sync(items))).toEqual(Array(4).fill("UNCHANGED"));
    expect(sent()).toEqual([]);
  });

  test("of an item that Alma refuses is uploaded once, not at each attempt", async () => {
    const { sync, sent, simulator } = await having(...flow);
    simulator.faults.add({
      kind: "status",
      status: 400,
      body: { name: ["Not this one."] },
      when: ({ method, path }) => method === "POST" && path.endsWith("owner_contracts/"),
    });
    const item = ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") });
    for (const _ of [1, 2]) expect(actions(await sync([item]))).toEqual(["FAILED"]);
    expect(uploads(sent())).toEqual([link("deed.pdf")]);
    simulator.faults.clear();
    expect(actions(await sync([item]))).toEqual(["CREATED"]);
    expect(uploads(sent())).toEqual([]);
  });

  test("is not uploaded in a dry run, which reports it", async () => {
    const { sync, sent } = await having(...flow, ownerContract(401, 12, 31));
    const items = [
      ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") }),
      tenantContract(501, 71, 31, { [LEASE]: [file("lease.pdf")] }),
    ];
    const tried = await sync(items, true);
    expect(tried.items).toMatchObject([
      { action: "UPDATED", changes: [{ field: "propertyTitleDeedScan", before: null, after: null }] },
      { action: "CREATED", userErrors: [] },
    ]);
    expect(sent()).toEqual([]);
  });

  test("of an item that fails for another reason is not uploaded", async () => {
    const { sync, sent } = await having(...flow);
    const items = [
      contact(32, { NAME: "" }),
      ownerContract(401, 12, 32, { [DEED]: file("deed.pdf") }),
      tenantContract(501, 71, 31, { ufCrm20_1693561495: 1, [LEASE]: [file("lease.pdf")] }),
    ];
    expect(actions(await sync(items))).toEqual(Array(3).fill("FAILED"));
    expect(sent()).toEqual([]);
  });
});

describe("a scan that cannot be uploaded", () => {
  const isUpload = ({ method, path }: { method: string; path: string }) =>
    method === "POST" && path.includes("external-image");

  test.each([
    ["is not reachable", { FILE_FORM: "multipart" }, "https://10.0.0.1/deed.jpg", "INVALID"],
    ["is refused by Alma", {}, "https://files.example.com/rest/1/deed.jpg", "REJECTED"],
    ["is lost on the way to Alma", {}, "https://files.example.com/rest/1/deed.jpg", "OUTCOME_UNKNOWN"],
  ] as const)(
    "as its link %s is a warning on its item, which is written without it",
    async (_, env, urlMachine, code) => {
      const { sync, simulator, data } = await start({}, env);
      if (code === "REJECTED")
        simulator.faults.add({
          kind: "status",
          status: 400,
          body: { detail: "No file there." },
          when: isUpload,
        });
      if (code === "OUTCOME_UNKNOWN") simulator.faults.add({ kind: "status", status: 500, when: isUpload });
      const deed = { urlMachine };
      const items = [
        ...flow,
        ownerContract(401, 12, 31, { [DEED]: deed }),
        tenantContract(501, 71, 31, { [LEASE]: [deed] }),
      ];
      const done = await sync(items);
      expect(actions(done)).toEqual(Array(5).fill("CREATED"));
      expect(done.items.slice(3)).toMatchObject([
        {
          userErrors: [],
          warnings: [
            {
              code,
              field: ["items", "3", "item", DEED],
              message: expect.stringMatching(/^propertyTitleDeedScan was left out, .+ Send the item again/),
            },
          ],
        },
        { userErrors: [], warnings: [{ code, field: ["items", "4", "item", LEASE] }] },
      ]);
      expect(data.ownerContracts.all()).toMatchObject([{ property_title_deed_scan: null }]);
      simulator.faults.clear();
      const again = await sync(items);
      const isBack = code !== "INVALID";
      expect(actions(again).slice(3)).toEqual(Array(2).fill(isBack ? "UPDATED" : "UNCHANGED"));
      expect(again.items[3]?.warnings).toHaveLength(isBack ? 0 : 1);
    },
  );

  test("is a warning on the item of its client, sent or not", async () => {
    const { sync, data } = await start({}, { FILE_FORM: "multipart" });
    const passport = { [PASSPORT]: { urlMachine: "https://10.0.0.1/passport.jpg" } };
    const done = await sync([contact(31), ownerContract(401, 12, 31, passport), apartment(12)]);
    expect(actions(done)).toEqual(Array(3).fill("CREATED"));
    expect(done.items.map(({ warnings }) => warnings.length)).toEqual([1, 0, 0]);
    const implied = await sync([ownerContract(401, 12, 31, passport)]);
    expect(implied.items).toMatchObject([{ action: "UNCHANGED", warnings: [{ code: "INVALID" }] }]);
    expect(data.clients.all()).toMatchObject([{ passport_scan: null }]);
  });

  test("at first is uploaded when the sync is repeated", async () => {
    const { sync, simulator, data } = await having(...flow);
    simulator.faults.add({ kind: "status", status: 401, when: isUpload, times: 1 });
    const items = [ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") })];
    const first = await sync(items);
    expect(first.items).toMatchObject([{ action: "FAILED", userErrors: [{ code: "NOT_DONE" }] }]);
    expect(data.ownerContracts.all()).toEqual([]);
    expect(actions(await sync(items))).toEqual(["CREATED"]);
  });

  test("because of BITRIX_MAX_FILES is uploaded by the next sync, with its item", async () => {
    const { sync, sent } = await start({}, { BITRIX_MAX_FILES: "1" });
    const items = [
      ...flow,
      ownerContract(401, 12, 31, { [DEED]: file("deed.pdf") }),
      tenantContract(501, 71, 31, { [LEASE]: [file("lease.pdf")] }),
    ];
    const first = await sync(items);
    expect(actions(first)).toEqual(["CREATED", "CREATED", "CREATED", "CREATED", "FAILED"]);
    expect(first.items[4]?.userErrors).toMatchObject([
      {
        code: "NOT_DONE",
        field: ["items", "4", "item", LEASE],
        message: expect.stringMatching(/at most 1 files,.*Send the same again for the rest\.$/),
      },
    ]);
    expect(uploads(sent())).toHaveLength(1);
    expect(actions(await sync(items))).toEqual([...Array(4).fill("UNCHANGED"), "CREATED"]);
    expect(uploads(sent())).toEqual([link("lease.pdf")]);
  });
});

test("an Alma that accepts no links gets the file itself", async () => {
  const host = await startFileHost((_request, response) => response.writeHead(200).end(jpeg(9_000)));
  const resolve = async (): Promise<LookupAddress[]> => [{ address: "127.0.0.1", family: 4 }];
  const { sync, data } = await start(
    { switches: { imageForm: "multipart" } },
    { FILE_NETWORKS: "127.0.0.0/8" },
    { ca: certificate, resolve },
  );
  const deed = { id: 1, urlMachine: `${host.origin}/deed.jpg` };
  const items = [apartment(12), contact(31), ownerContract(401, 12, 31, { [DEED]: deed })];
  expect(actions(await sync(items))).toEqual(Array(3).fill("CREATED"));
  expect(data.files.all()).toMatchObject([
    { name: expect.stringMatching(/^[0-9a-f]{16}-deed.jpg$/), type: "image/jpeg", bytes: 9_000 },
  ]);
  expect(host.asked).toEqual(["/deed.jpg"]);
  expect(actions(await sync(items))).toEqual(Array(3).fill("UNCHANGED"));
  expect(host.asked).toHaveLength(1);
});

const photos = { from: ["ufCrm_photos"], as: "files" };

test("photos of a custom mapping are added to records without photos only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mapping-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "portal.json");
  const items = { apartment: { records: { unit: { photos } } }, unit: { records: { room: { photos } } } };
  writeFileSync(path, JSON.stringify({ extends: "dubai", name: "portal", items }));
  const { sync, sent, data } = await start({}, { BITRIX_MAPPING: path });
  const pictures = { ufCrm_photos: [file("a.jpg"), file("b.jpg")] };

  expect(actions(await sync([apartment(12, pictures), unit(71, 12)]))).toEqual(["CREATED", "CREATED"]);
  expect(data.units.all()[0]?.photos).toHaveLength(2);
  expect(actions(await sync([apartment(12, pictures), unit(71, 12, pictures)]))).toEqual([
    "UNCHANGED",
    "UPDATED",
  ]);
  expect(data.rooms.all()[0]?.photos).toHaveLength(2);
  sent();
  const others = { ufCrm_photos: [file("c.jpg")] };
  expect(actions(await sync([apartment(12, others), unit(71, 12, { ufCrm_photos: false })]))).toEqual([
    "UNCHANGED",
    "UNCHANGED",
  ]);
  expect(sent()).toEqual([]);
});
