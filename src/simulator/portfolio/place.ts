/** A part of town: its main street, its metro stations as Alma spells them, and how dear it is (1 is average). */
export interface Area {
  readonly name: string;
  readonly street: string;
  readonly stations: readonly string[];
  readonly rent: number;
}

export const dubai: readonly Area[] = [
  { name: "Dubai Marina", street: "Al Marsa Street", stations: ["Damac Properties", "DMCC"], rent: 1.25 },
  { name: "Jumeirah Lake Towers", street: "Al Sarayat Street", stations: ["DMCC"], rent: 1 },
  { name: "Business Bay", street: "Marasi Drive", stations: ["Business Bay"], rent: 1.15 },
  {
    name: "Downtown Dubai",
    street: "Sheikh Mohammed bin Rashid Boulevard",
    stations: ["Burj Khalifa / Dubai Mall", "Business Bay"],
    rent: 1.5,
  },
  { name: "Sobha Hartland", street: "Ras Al Khor Road", stations: ["Sobha realty", ""], rent: 1.2 },
  {
    name: "Al Barsha",
    street: "Al Barsha Road",
    stations: ["Mall of the Emirates", "Sharaf DG"],
    rent: 0.85,
  },
  { name: "Al Furjan", street: "Al Furjan Street", stations: ["Al Furjan", "Ibn Battuta"], rent: 0.8 },
  {
    name: "Deira",
    street: "Al Rigga Road",
    stations: ["Al Rigga", "Union", "Deira City Centre"],
    rent: 0.65,
  },
  { name: "Bur Dubai", street: "Al Mankhool Road", stations: ["Bur Juman", "ADCB", "Al Fahidi"], rent: 0.7 },
  { name: "Dubai Internet City", street: "Al Falak Street", stations: ["Dubai Internet City"], rent: 1.05 },
  { name: "Al Jaddaf", street: "Al Jaddaf Waterfront", stations: ["Al Jadaf", "Creek"], rent: 0.9 },
  { name: "Jumeirah Village Circle", street: "Al Khail Street", stations: ["", "Nakheel"], rent: 0.75 },
];

export const abuDhabi: readonly Area[] = [
  { name: "Al Reem Island", street: "Hazza bin Zayed Street", stations: [""], rent: 0.95 },
  { name: "Yas Island", street: "Yas Drive", stations: [""], rent: 1.05 },
];

const first = [
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
const second = [
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

/** A building's name; no two numbers have the same. */
export function buildingName(index: number): string {
  // 20 and 10 share factors, so the second word is shifted once each time the first ones are used up.
  const round = Math.floor(index / first.length);
  const word = first[index % first.length];
  const kind = second[(index * 3 + round) % second.length];
  const again = Math.floor(round / second.length);
  return `${word} ${kind}${again > 0 ? ` ${again + 1}` : ""}`;
}
