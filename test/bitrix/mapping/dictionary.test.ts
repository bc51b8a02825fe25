import { describe, expect, test } from "vitest";
import { start } from "../sync/gateway.ts";

const dictionaries = `query ($names: [String!]) {
  bitrixDictionaries(names: $names) { name kind bitrixField almaType almaField options { option value label } }
}`;
describe("bitrixDictionaries", () => {
  test("lists every table with its Bitrix field and Alma field, without a call to Alma", async () => {
    const { query, asked } = await start();
    const { data, errors, extensions } = await query(dictionaries);
    expect(errors).toBeUndefined();
    const rows = data.bitrixDictionaries.map(
      ({ name, kind, bitrixField, almaType, almaField, options }: Record<string, unknown[]>) =>
        `${name}: ${kind} ${bitrixField} -> ${almaType}.${almaField}, ${options?.length}`,
    );
    expect(rows.sort()).toEqual([
      "isUsedAdditionalExternalId: APARTMENT ufCrm6_1736951470242 -> Unit.isUsedAdditionalExternalId, 2",
      "numberOfBedrooms: APARTMENT ufCrm6_1682232863625 -> Unit.numberOfBedrooms, 7",
      "roomName: UNIT ufCrm8_1698838056004 -> Room.name, 6",
      "roomPropertyType: UNIT ufCrm8_1682957076924 -> Room.propertyType, 2",
      "subwayStation: APARTMENT ufCrm6_1682233481671 -> Unit.subwayStation, 51",
      "typeContract: TENANT_CONTRACT ufCrm20_1693561495 -> TenantContract.typeContract, 5",
      "unitPropertyType: APARTMENT apartment_type -> Unit.propertyType, 7",
      "workModel: OWNER_CONTRACT ufCrm10_1708955821 -> OwnerContract.workModel, 7",
    ]);
    expect(asked()).toEqual([]);
    expect(extensions.alma.calls).toBe(0);
  });

  test("lists the named tables, with values of their types", async () => {
    const { query } = await start();
    const names = ["numberOfBedrooms", "isUsedAdditionalExternalId", "subwayStation"];
    const { data } = await query(dictionaries, { names });
    const options = Object.fromEntries(
      data.bitrixDictionaries.map(({ name, options }: { name: string; options: unknown[] }) => [
        name,
        options,
      ]),
    );
    expect(Object.keys(options).sort()).toEqual([...names].sort());
    expect(options.isUsedAdditionalExternalId).toMatchObject([
      { option: "4600", value: false },
      { option: "4598", value: true },
    ]);
    expect(options.numberOfBedrooms).toContainEqual({ option: "56", value: 2, label: "2 bedrooms" });
    expect(options.subwayStation).toContainEqual({
      option: "110",
      value: "Damac Properties",
      label: "Damac Properties",
    });
    expect(options.subwayStation).toContainEqual({ option: "2762", value: null, label: "Not selected" });
  });

  test("refuses an unknown name and lists the known ones", async () => {
    const { query } = await start();
    const { errors } = await query(dictionaries, { names: ["workModel", "stations"] });
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /^names: The mapping dubai has no table "stations"; it has .*subwayStation/,
        ),
        extensions: { code: "BAD_USER_INPUT", argument: "names" },
      },
    ]);
  });
});
