/** A Bitrix item with its kind: the input of `syncBitrix`. */
export interface Item {
  readonly kind: "APARTMENT" | "UNIT" | "CONTACT" | "OWNER_CONTRACT" | "TENANT_CONTRACT";
  readonly item: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Options of `ufCrm6_1736951470242`. */
export const WHOLE = "4598";
export const SHARED = "4600";

/** An apartment let by rooms in the building "Marina Heights", as `crm.item.get` answers it. */
export const apartment = (id: number, fields: Fields = {}): Item => ({
  kind: "APARTMENT",
  item: {
    id,
    title: `Marina Heights ${id}`,
    ufCrm6_1736951470242: SHARED,
    apartment_type: 56,
    ufCrm6_1682232396330: `${id}`,
    ufCrm6_1682232424142: "85.5",
    ufCrm6_1682232447205: "120000",
    ufCrm6_1718821717: "Marina Walk 7",
    ufCrm6_1682232863625: 56,
    ufCrm6_1682232465964: "2",
    ufCrm6_1697622591377: "Y",
    ufCrm6_1682232312628: "17",
    ufCrm6_1682235809295: "",
    ufCrm6_1686728251990: "",
    ufCrm6_1682233481671: 110,
    ufCrm6_1683299159437: "P2-117",
    ufCrm6_1720794204: "",
    ufCrm6_1715777670: "",
    ufCrm6_1682232363193: "Marina Heights",
    ...fields,
  },
});

/** A unit of an apartment. */
export const unit = (id: number, ofApartment: number, fields: Fields = {}): Item => ({
  kind: "UNIT",
  item: {
    id,
    title: `Room ${id}`,
    ufCrm8_1698838056004: 1294,
    ufCrm8_1686662655574: "1",
    ufCrm8_1699620518232: "4500",
    ufCrm8_1686662606534: "",
    ufCrm8_1682957076924: 242,
    ufCrm8_1684429208: [ofApartment],
    ...fields,
  },
});

/** A contact, as `crm.contact.get` answers it. */
export const contact = (id: number, fields: Fields = {}): Item => ({
  kind: "CONTACT",
  item: {
    ID: `${id}`,
    NAME: "Mona",
    LAST_NAME: `Haddad ${id}`,
    BIRTHDATE: "1990-05-17T03:00:00+03:00",
    UF_Email_for_Alma: `contact-${id}@example.com`,
    PHONE: [{ ID: "1", VALUE_TYPE: "WORK", VALUE: "+971501234567", TYPE_ID: "PHONE" }],
    ...fields,
  },
});

/** A contract with the owner of an apartment. */
export const ownerContract = (
  id: number,
  ofApartment: number,
  contactId: number,
  fields: Fields = {},
): Item => ({
  kind: "OWNER_CONTRACT",
  item: {
    id,
    title: `Owner ${id}`,
    contactId,
    ufCrm10_1693823301: ofApartment,
    ufCrm10_1693823247516: "2025-01-01T03:00:00+03:00",
    ufCrm10_1693823282826: "2027-12-31T03:00:00+03:00",
    ufCrm10_1708955821: 1698,
    ...fields,
  },
});

/** A contract with a tenant of a unit. */
export const tenantContract = (id: number, ofUnit: number, contactId: number, fields: Fields = {}): Item => ({
  kind: "TENANT_CONTRACT",
  item: {
    id,
    title: `Lease ${id}`,
    contactId,
    ufCrm20_1693919019: ofUnit,
    ufCrm20ContractStartDate: "2026-01-01T03:00:00+03:00",
    ufCrm20ContractEndDate: "2026-12-31T03:00:00+03:00",
    opportunity: "54000.50",
    ufCrm20ContractHistory: "",
    ufCrm20_1693561495: 886,
    ...fields,
  },
});

/** The value of a file field. */
export const file = (name: string) => ({
  id: 1,
  url: `/bitrix/${name}`,
  urlMachine: `https://files.example.com/rest/1/${name}`,
});
