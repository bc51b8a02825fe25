/** A part of town: its main street, its metro stations as Alma spells them, and its rent level (1 is average). */
export interface Area {
  readonly name: string;
  readonly street: string;
  readonly stations: readonly string[];
  readonly rentFactor: number;
}

export const dubaiAreas: readonly Area[] = [
  {
    name: "Dubai Marina",
    street: "Al Marsa Street",
    stations: ["Damac Properties", "DMCC"],
    rentFactor: 1.25,
  },
  { name: "Jumeirah Lake Towers", street: "Al Sarayat Street", stations: ["DMCC"], rentFactor: 1 },
  { name: "Business Bay", street: "Marasi Drive", stations: ["Business Bay"], rentFactor: 1.15 },
  {
    name: "Downtown Dubai",
    street: "Sheikh Mohammed bin Rashid Boulevard",
    stations: ["Burj Khalifa / Dubai Mall", "Business Bay"],
    rentFactor: 1.5,
  },
  { name: "Sobha Hartland", street: "Ras Al Khor Road", stations: ["Sobha realty", ""], rentFactor: 1.2 },
  {
    name: "Al Barsha",
    street: "Al Barsha Road",
    stations: ["Mall of the Emirates", "Sharaf DG"],
    rentFactor: 0.85,
  },
  { name: "Al Furjan", street: "Al Furjan Street", stations: ["Al Furjan", "Ibn Battuta"], rentFactor: 0.8 },
  {
    name: "Deira",
    street: "Al Rigga Road",
    stations: ["Al Rigga", "Union", "Deira City Centre"],
    rentFactor: 0.65,
  },
  {
    name: "Bur Dubai",
    street: "Al Mankhool Road",
    stations: ["Bur Juman", "ADCB", "Al Fahidi"],
    rentFactor: 0.7,
  },
  {
    name: "Dubai Internet City",
    street: "Al Falak Street",
    stations: ["Dubai Internet City"],
    rentFactor: 1.05,
  },
  { name: "Al Jaddaf", street: "Al Jaddaf Waterfront", stations: ["Al Jadaf", "Creek"], rentFactor: 0.9 },
  { name: "Jumeirah Village Circle", street: "Al Khail Street", stations: ["", "Nakheel"], rentFactor: 0.75 },
];

export const abuDhabiAreas: readonly Area[] = [
  { name: "Al Reem Island", street: "Hazza bin Zayed Street", stations: [""], rentFactor: 0.95 },
  { name: "Yas Island", street: "Yas Drive", stations: [""], rentFactor: 1.05 },
];

const firstWords = [
  "Marina",
  "Azure",
  "Palm View",
  "Creek",
  "Boulevard",
  "Pearl",
  "Oasis",
  "Skyline",
  "Golden Sands",
  "Harbour",
  "Sapphire",
  "Al Noor",
  "Lagoon",
  "Silver Dune",
  "Al Waha",
  "Horizon",
  "Botanica",
  "Crescent",
  "Al Majara",
  "Waterfront",
];
const secondWords = [
  "Tower",
  "Residence",
  "Heights",
  "Gate",
  "Plaza",
  "Court",
  "Terrace",
  "House",
  "Point",
  "Crown",
];

/** A unique name for the building with this index. */
export function buildingName(index: number): string {
  // The lengths 20 and 10 have common factors, so the second word shifts by one after each round of first words.
  const round = Math.floor(index / firstWords.length);
  const word = firstWords[index % firstWords.length];
  const kind = secondWords[(index * 3 + round) % secondWords.length];
  const repetition = Math.floor(round / secondWords.length);
  return `${word} ${kind}${repetition > 0 ? ` ${repetition + 1}` : ""}`;
}
