import { expect, test } from "vitest";
import type { Switches } from "../../../simulator/index.ts";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, ownerInput, roomInput, start, unitInput } from "../start.ts";

/** Every reading of the questions that Alma's document leaves open about writes and the reads they depend on. */
const readings: readonly Partial<Switches>[] = [
  { writeAnswer: "sent" },
  { writeAnswer: "id" },
  { writeAnswer: "empty" },
  { blockAnswer: "object", archiveAnswer: "true" },
  { blockAnswer: "empty", archiveAnswer: "empty" },
  { archiveAnswer: "empty" },
  { clientBase: "users" },
  { clientBase: "both" },
  { contractForm: "external_id" },
  { contractForm: "both" },
  { contractForm: "none" },
  { archivedInLists: false },
  { archivedInLists: false, writeAnswer: "empty", contractForm: "none" },
  { listHeader: "empty" },
  { photoForm: "numbers" },
  { externalIdForm: "number" },
  { rentForm: "string" },
  { duplicateExternalIds: false },
  { renameNeedsParent: false },
  { requiredFields: "known" },
  { encodedSlash: "kept" },
  { statusFollows: "atOnce" },
  { keyStatus: 403 },
];

test.each(readings)("every kind of write works if Alma means %o", async (switches) => {
  const { query, sent } = await start({ switches });
  const answer = await query(`mutation {
    building: createBuilding(input: { name: "Palm" }) { building { name } userErrors { message } }
    unit: createUnit(input: ${unitInput}) { unit { externalId name building { id } } userErrors { message } }
    room: createRoom(input: ${roomInput}) { room { externalId unit { id } } userErrors { message } }
    client: createClient(input: ${clientInput}) { client { externalId status } userErrors { message } }
    owner: createOwnerContract(input: ${ownerInput("o-9")}) { ownerContract { externalId state } userErrors { message } }
    lease: createTenantContract(input: ${leaseInput("t-9")}) { tenantContract { externalId price } userErrors { message } }
    rename: updateUnit(ref: { externalId: "u-9" }, input: { name: "110" }) { unit { name } userErrors { message } }
    photo: updateRoom(ref: { externalId: "r-19" }, input: { photos: { add: [9146] } }) { room { photos { almaId } } userErrors { message } }
    moved: updateTenantContract(ref: { externalId: "t-9" }, input: { endDate: "${day(20)}" }) { tenantContract { endDate } userErrors { message } }
    block: blockRoom(ref: { externalId: "r-12" }) { room { id } note userErrors { message } }
    unblock: unblockRoom(ref: { almaId: 12 }) { room { id } userErrors { message } }
    archive: archiveUnit(ref: { externalId: "u-1" }) { unit { isArchived } userErrors { message } }
    unarchive: unarchiveUnit(ref: { almaId: 1 }) { unit { isArchived } userErrors { message } }
  }`);
  expect(answer.errors).toBeUndefined();
  expect(answer.data).toMatchObject({
    building: { building: { name: "Palm" }, userErrors: [] },
    unit: { unit: { externalId: "u-9", name: "109", building: { id: "Building:1001" } }, userErrors: [] },
    room: { room: { externalId: "r-19", unit: { id: "Unit:1" } }, userErrors: [] },
    client: { client: { externalId: "c-9", status: "unconfirmed" }, userErrors: [] },
    owner: { ownerContract: { externalId: "o-9", state: "ACTIVE" }, userErrors: [] },
    lease: { tenantContract: { externalId: "t-9", price: "5250.50" }, userErrors: [] },
    rename: { unit: { name: "110" }, userErrors: [] },
    photo: { room: { photos: [{ almaId: expect.any(Number) }] }, userErrors: [] },
    moved: { tenantContract: { endDate: day(20) }, userErrors: [] },
    block: { room: { id: "Room:12" }, note: expect.any(String), userErrors: [] },
    unblock: { room: { id: "Room:12" }, userErrors: [] },
    archive: { unit: { isArchived: true }, userErrors: [] },
    unarchive: { unit: { isArchived: false }, userErrors: [] },
  });
  // Each write was performed once; only a path variant that does not exist is followed by the next.
  expect(sent().length).toBe(13);
});

const forms = ["drf", "detail", "nonField", "list", "text", "html", "empty"] as const;
const refused = forms.flatMap((errorForm) =>
  (["en", "ru"] as const).map((language) => ({ errorForm, language, refusalStatus: 400 as const })),
);

test.each<Partial<Switches>>([...refused, { errorForm: "drf", refusalStatus: 403 }])(
  "a refusal is a user error, whatever its form: %o",
  async (switches) => {
    const data = {
      ...household,
      tenantContracts: [{ id: 901, unit_id: 11, client_id: 252, start_date: day(-5), end_date: day(5) }],
    };
    const { query, simulator } = await start({ data, switches });
    const answer = await query(`mutation {
      email: createClient(input: ${clientInput.replace("lea@", "omar@")}) { userErrors { code field message } }
      photos: updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146, 5] } }) { userErrors { code field message } }
      overlap: createTenantContract(input: ${leaseInput("t-9")}) { userErrors { code field message } }
      block: blockUnit(ref: { almaId: 1 }) { userErrors { code field message } }
    }`);
    expect(answer.errors).toBeUndefined();
    const { host } = new URL(simulator.url);
    expect(JSON.stringify(answer)).not.toMatch(new RegExp(`${host}|${simulator.apiKey}|<html|<br`, "i"));
    const said = switches.errorForm !== "html" && switches.errorForm !== "empty";
    const places = switches.errorForm === "drf";
    const [email, photos, overlap, block] = Object.values(
      answer.data as Record<string, { userErrors: unknown[] }>,
    );
    expect(email?.userErrors).toMatchObject([
      // If Alma names no field, the client that has the address shows it.
      { code: "NOT_UNIQUE", field: ["input", "email"] },
    ]);
    expect(photos?.userErrors).toMatchObject([
      { code: said ? "NOT_FOUND" : "REJECTED", field: places ? ["input", "photos", "add", "1"] : null },
    ]);
    // The conflicting contract is named whether or not Alma gives a reason.
    expect(overlap?.userErrors).toMatchObject([{ code: "OVERLAP" }]);
    expect(block?.userErrors).toMatchObject([{ code: "OCCUPIED", field: ["ref"] }]);
    expect(JSON.stringify(overlap)).toContain("TenantContract:901");
    expect(JSON.stringify(block)).toContain("TenantContract:901");
  },
);
