import { apartment, contact, type Item, ownerContract, tenantContract, unit } from "../item/items.ts";

/** An item of each kind with a value in every written field. */
export const items: readonly Item[] = [
  apartment(12, {
    ufCrm6_1682235809295: "Guest",
    ufCrm6_1686728251990: "Sea view",
    ufCrm6_1720794204: "8123",
    ufCrm6_1715777670: "123456",
  }),
  unit(21, 12, { ufCrm8_1686662606534: "20.5" }),
  contact(31, { UF_Email_for_Alma: "mona@example.com" }),
  ownerContract(41, 12, 31, {
    ufCrm10_1708956056: "2025-02-01T03:00:00+03:00",
    ufCrm10_1708955996: "2027-11-30T03:00:00+03:00",
  }),
  tenantContract(51, 21, 31, { ufCrm20ContractHistory: "First lease" }),
];

/** The same items with blanks around each text, insignificant decimals and signs, and a longer password. */
export const variant: readonly Item[] = items.map(({ kind, item }) => ({
  kind,
  item: Object.fromEntries(
    Object.entries(item).map(([field, value]) => {
      if (field === "ufCrm6_1715777670") return [field, value];
      if (["85.5", "20.5", "120000", "4500", "54000.50"].includes(String(value)))
        return [field, `${value}${/\./.test(`${value}`) ? "0" : ".00"}`];
      const isText = typeof value === "string" && /[a-z]/i.test(value) && !/^(Y|\d.*T.*)$/.test(value);
      return [field, isText ? `\u00a0${value} ` : value];
    }),
  ),
}));
