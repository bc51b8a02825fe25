import { z } from "zod";

/** The decimals of the currencies that do not have two (ISO 4217, minor units). */
const DECIMALS: Readonly<Record<number, string>> = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

/** How many decimals amounts of a currency have. */
export function decimalsOf(currency: string): number {
  const found = Object.entries(DECIMALS).find(([, codes]) => codes.split(" ").includes(currency));
  return Number(found?.[0] ?? 2);
}

/** The code of a currency (ISO 4217). */
export const currency = z.string().refine((code) => Intl.supportedValuesOf("currency").includes(code), {
  error: "must be the code of a currency in capitals, such as AED",
});
