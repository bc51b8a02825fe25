import {
  assertEnumType,
  assertInputObjectType,
  assertInterfaceType,
  isInputObjectType,
  isObjectType,
} from "graphql";
import { describe, expect, test } from "vitest";
import { outputTypes, ownTypes, schema, scopeOf } from "./sdl.ts";

const guarded = (scope: string) =>
  outputTypes
    .filter(({ name }) => name !== "Query" && name !== "Mutation")
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => scopeOf(field) === scope)
        .map((field) => `${type.name}.${field.name}`),
    )
    .sort();

describe("scopes", () => {
  test("every root field to read needs READ, but the one that tells callers about themselves", () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThanOrEqual(15);
    expect(fields.filter((field) => scopeOf(field) !== "READ").map(({ name }) => name)).toEqual(["viewer"]);
  });

  test("every root field to write needs WRITE", () => {
    const fields = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(fields.filter((field) => scopeOf(field) !== "WRITE").map(({ name }) => name)).toEqual([]);
  });

  test("PERSONAL guards people's data and every scan", () => {
    expect(guarded("PERSONAL")).toEqual([
      "Client.birthday",
      "Client.email",
      "Client.idNumber",
      "Client.idScan",
      "Client.passport",
      "Client.passportScan",
      "Client.phone",
      "OwnerContract.contractWithClientScan",
      "OwnerContract.dtcmPermitScan",
      "OwnerContract.propertyManagementLetterScan",
      "OwnerContract.propertyTitleDeedScan",
      "TenantContract.coTenantId",
      "TenantContract.coTenantIdScan",
      "TenantContract.contractScan",
    ]);
    const scans = outputTypes
      .flatMap((type) => Object.values(type.getFields()))
      .filter(({ name }) => /Scan$/.test(name));
    expect(scans.filter((field) => scopeOf(field) !== "PERSONAL").map(({ name }) => name)).toEqual([]);
  });

  test("SECRETS guards what opens doors and networks", () => {
    expect(guarded("SECRETS")).toEqual([
      "RentalObject.electronicLockPassword",
      "RentalObject.keyboxCode",
      "Room.electronicLockPassword",
      "Room.keyboxCode",
      "Unit.electronicLockPassword",
      "Unit.internetLogin",
      "Unit.internetPassword",
      "Unit.keyboxCode",
    ]);
  });

  test("a field of an interface is guarded as it is in every type that implements it", () => {
    const unequal = ownTypes.filter(isObjectType).flatMap((type) =>
      type.getInterfaces().flatMap((shared) =>
        Object.values(assertInterfaceType(shared).getFields())
          .filter((field) => scopeOf(field) !== scopeOf(type.getFields()[field.name] ?? {}))
          .map((field) => `${type.name}.${field.name}`),
      ),
    );
    expect(unequal).toEqual([]);
  });

  test("no filter and no order tells what the field itself would not", () => {
    const filters = ownTypes.filter(
      (type) => isInputObjectType(type) && schema.getType(type.name.replace(/Filter$/, "")),
    );
    const records = outputTypes.filter((type) => schema.getType(`${type.name}Filter`));
    expect(records.length).toBeGreaterThanOrEqual(6);
    expect(filters.length).toBeGreaterThanOrEqual(6);
    for (const record of records) {
      const filter = assertInputObjectType(schema.getType(`${record.name}Filter`)).getFields();
      const order = schema.getType(`${record.name}OrderField`);
      const ordered = order
        ? assertEnumType(order)
            .getValues()
            .map(({ name }) => name.replaceAll("_", "").toLowerCase())
        : [];
      for (const field of Object.values(record.getFields())) {
        const input = filter[field.name];
        if (input) expect(scopeOf(input), `${record.name}Filter.${field.name}`).toBe(scopeOf(field));
        if (scopeOf(field))
          expect(ordered, `${record.name}OrderField`).not.toContain(field.name.toLowerCase());
      }
    }
  });
});
