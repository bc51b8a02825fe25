import type { ItemKind } from "../../../src/capabilities/bitrix/item/item-kind.ts";

/** An option table in the text of Alma's document: a row is an option, a blank, and the Alma value. */
interface DocumentTable {
  readonly table: string;
  readonly kind: ItemKind;
  readonly code: string;
  readonly record: string;
  readonly field: string;
  readonly rows: string;
}

/** The eight tables of Alma's document, in its order. */
export const documentTables: readonly DocumentTable[] = [
  {
    table: "is_used_additional_external_id",
    kind: "apartment",
    code: "ufCrm6_1736951470242",
    record: "unit",
    field: "isUsedAdditionalExternalId",
    rows: `
4600 false
4598 true`,
  },
  {
    table: "property_type of units",
    kind: "apartment",
    code: "apartment_type",
    record: "unit",
    field: "propertyType",
    rows: `
54 apartment
56 apartment
58 apartment
60 apartment
62 apartment
64 apartment
52 studio`,
  },
  {
    table: "number_of_bedrooms",
    kind: "apartment",
    code: "ufCrm6_1682232863625",
    record: "unit",
    field: "numberOfBedrooms",
    rows: `
54 1
56 2
58 3
60 4
62 5
64 6
52 1`,
  },
  {
    table: "subway_station",
    kind: "apartment",
    code: "ufCrm6_1682233481671",
    record: "unit",
    field: "subwayStation",
    rows: `
66 Rashidiya
68 Emirates
70 Airport Terminal 3
72 Airport Terminal 1
74 GGICO
76 Deira City Centre
78 Al Rigga
80 Union
82 Bur Juman
84 ADCB
86 Al Jaffiliya
88 World Trade Centre
90 Emirates Towers
92 Financial Centre
94 Burj Khalifa / Dubai Mall
96 Business Bay
98 Noor Bank
100 First Gulf Bank (FGB)
102 Mall of the Emirates
104 Sharaf DG
106 Dubai Internet City
108 Nakheel
110 Damac Properties
112 DMCC
114 Nakheel Harbor and Tower
116 Ibn Battuta
118 Energy
120 Danube
122 UAE Exchange
124 Etisalat
126 Al Qusais
128 Dubai Airport Free Zone
130 Al Nahda
132 Stadium
134 Al Quiadah
136 Abu Hail
138 Abu Baker Al Siddique
140 Salah Al Din
142 Baniyas Square
144 Palm Deira
146 Al Ras
148 Al Ghubaiba
150 Al Fahidi
152 Oud Metha
154 Dubai Healthcare City
156 Al Jadaf
158 Creek
182 Sobha realty
184 Al Furjan
254 Centrepoint
2762 Not selected
2762 null`,
  },
  {
    table: "name of rooms",
    kind: "unit",
    code: "ufCrm8_1698838056004",
    record: "room",
    field: "name",
    rows: `
1294 1
1296 2
1298 3
1300 4
1302 5
5902 Bed1`,
  },
  {
    table: "property_type of rooms",
    kind: "unit",
    code: "ufCrm8_1682957076924",
    record: "room",
    field: "propertyType",
    rows: `
244 bunk
242 room`,
  },
  {
    table: "work_model",
    kind: "ownerContract",
    code: "ufCrm10_1708955821",
    record: "ownerContract",
    field: "workModel",
    rows: `
1696 Rent to rent
1698 TM 10%
1700 TM 15%
1702 TM 17%
1704 TM 20%
1706 Long term
1730 TM 18%`,
  },
  {
    table: "type_contract",
    kind: "tenantContract",
    code: "ufCrm20_1693561495",
    record: "tenantContract",
    field: "typeContract",
    rows: `
882 Airbnb
884 Short term from 1 to 3 months
886 Long-term 3+ months
1304 Booking
1306 Short contract up to 1 month`,
  },
];

/** The rows of a table: option and value. */
export const rowsOf = ({ rows }: DocumentTable): (readonly [option: string, value: string])[] =>
  rows
    .trim()
    .split("\n")
    .map((row) => [row.slice(0, row.indexOf(" ")), row.slice(row.indexOf(" ") + 1)]);
