import {
  assertEnumType,
  assertInputObjectType,
  assertInterfaceType,
  assertObjectType,
  buildSchema,
  isInputObjectType,
  isObjectType,
} from "graphql";
import { describe, expect, test } from "vitest";
import { readTypeDefs } from "../../src/graph/index.ts";
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
  test("every query field needs READ, except the one about the caller", () => {
    const fields = Object.values(buildSchema(readTypeDefs([])).getQueryType()?.getFields() ?? {});
    expect(fields.length).toBeGreaterThanOrEqual(15);
    const others = fields.flatMap((field) =>
      scopeOf(field) === "READ" ? [] : [[field.name, scopeOf(field)]],
    );
    expect(others).toEqual([["viewer", undefined]]);
  });

  test("every Mutation field needs WRITE", () => {
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

  test("SECRETS guards fields that open doors and networks", () => {
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

  test("a field of an interface is guarded as in every implementing type", () => {
    const unequal = ownTypes.filter(isObjectType).flatMap((type) =>
      type.getInterfaces().flatMap((shared) =>
        Object.values(assertInterfaceType(shared).getFields())
          .filter((field) => scopeOf(field) !== scopeOf(type.getFields()[field.name] ?? {}))
          .map((field) => `${type.name}.${field.name}`),
      ),
    );
    expect(unequal).toEqual([]);
  });

  test("no filter and no order reveals more than the field itself", () => {
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

  test("no key, number or order of groups reveals a field that needs a scope besides READ", () => {
    const withoutUnderscores = (name: string) => name.replaceAll("_", "").toLowerCase();
    const records = outputTypes.filter((type) => schema.getType(`${type.name}Groups`));
    expect(records.length).toBeGreaterThanOrEqual(5);
    // Records guard their own fields; the names that order them must be unguarded.
    const linked = new Set([
      "Building.name",
      "Unit.name",
      "Room.name",
      "Client.firstName",
      "Client.lastName",
    ]);
    const guardedFields = outputTypes.flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) =>
        scopeOf(field) && !["Query", "Mutation"].includes(type.name)
          ? [{ path: `${type.name}.${field.name}`, name: field.name.toLowerCase() }]
          : [],
      ),
    );
    expect(guardedFields.filter(({ path }) => linked.has(path))).toEqual([]);
    const guardedNames = new Set(
      guardedFields
        .filter(({ path }) => !path.includes("Payload") && !path.includes("Bitrix"))
        .map(({ name }) => name),
    );
    expect(guardedNames).toContain("email");
    for (const { name } of records) {
      const enums = [`${name}GroupField`, `${name}GroupOrderField`].flatMap((type) =>
        assertEnumType(schema.getType(type)).getValues(),
      );
      const fields = [`${name}Group`, `${name}GroupKeys`].flatMap((type) =>
        Object.values(assertObjectType(schema.getType(type)).getFields()),
      );
      for (const element of [...enums, ...fields]) {
        expect(scopeOf(element), `${name}: ${element.name}`).toBeUndefined();
        const plain = withoutUnderscores(element.name).replace(/sum$/, "");
        expect(guardedNames, `${name}: ${element.name}`).not.toContain(plain);
      }
    }
  });
});
