import type { Random } from "../random.ts";

/** A name as its bearer writes it, and in Latin letters for an e-mail address. */
type Name = readonly [written: string, latin?: string];

/** First and last names of one tongue, which are not mixed. */
interface Tongue {
  readonly first: readonly Name[];
  readonly last: readonly Name[];
}

const latin: Tongue = {
  first: [
    "William",
    "Amelia",
    "Priya",
    "Rahul",
    "Chen",
    "Fatima",
    "Omar",
    "Sofia",
    "Lucas",
    "Mei",
    "Noah",
    "Ines",
  ]
    .concat([
      "Ananya",
      "Karim",
      "Elena",
      "Marco",
      "Zainab",
      "Hiroshi",
      "Grace",
      "Kwame",
      "Leila",
      "Jan",
      "Aisha",
      "Tomás",
    ])
    .map((name) => [name]),
  last: [
    "Lee",
    "Sharma",
    "Rossi",
    "Haddad",
    "Okafor",
    "Novak",
    "Garcia",
    "Wang",
    "Khan",
    "Müller",
    "Silva",
    "Ng",
  ]
    .concat([
      "Fernandes",
      "O'Brien",
      "Petrov",
      "Al Mansoori",
      "Dubois",
      "Tanaka",
      "Mehta",
      "Schmidt",
      "van Dijk",
      "Ozturk",
    ])
    .map((name) => [name]),
};

const cyrillic: Tongue = {
  first: [
    ["Михаил", "mikhail"],
    ["Екатерина", "ekaterina"],
    ["Алексей", "aleksey"],
    ["Ольга", "olga"],
    ["Дмитрий", "dmitry"],
    ["Наталья", "natalya"],
  ],
  last: [
    ["Ковальчук", "kovalchuk"],
    ["Бондаренко", "bondarenko"],
    ["Шевченко", "shevchenko"],
    ["Мельник", "melnik"],
    ["Гринберг", "grinberg"],
    ["Савченко", "savchenko"],
  ],
};

const arabic: Tongue = {
  first: [
    ["محمد", "mohammed"],
    ["فاطمة", "fatima"],
    ["خالد", "khalid"],
    ["نورة", "noura"],
    ["سلطان", "sultan"],
    ["مريم", "maryam"],
  ],
  last: [
    ["المنصوري", "almansoori"],
    ["الهاشمي", "alhashimi"],
    ["الكعبي", "alkaabi"],
    ["السويدي", "alsuwaidi"],
    ["النعيمي", "alnuaimi"],
  ],
};

/** An invented person; `number` makes the e-mail address unlike all others. */
export function person(random: Random, number: number) {
  const chance = random.next();
  const tongue = chance < 0.76 ? latin : chance < 0.9 ? cyrillic : arabic;
  const first = random.pick(tongue.first);
  const last = random.pick(tongue.last);
  return {
    first_name: first[0],
    last_name: last[0],
    email: `${address(first)}.${address(last)}.${number}@example.com`,
    phone: `+97150${String(random.int(0, 9_999_999)).padStart(7, "0")}`,
  };
}

function address([written, spelled]: Name): string {
  return (spelled ?? written)
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}
