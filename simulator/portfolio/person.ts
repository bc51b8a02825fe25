import type { Random } from "../store/random.ts";

/** A name, and its transcription for e-mail addresses if it is not in Latin letters. */
type PersonName = readonly [written: string, latin?: string];

/** First and last names of one script. */
interface NameSet {
  readonly first: readonly PersonName[];
  readonly last: readonly PersonName[];
}

const latinNames: NameSet = {
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

const cyrillicNames: NameSet = {
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

const arabicNames: NameSet = {
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

/** Invents a person. `number` makes the e-mail address unique. */
export function createPerson(random: Random, number: number) {
  const chance = random.next();
  const names = chance < 0.76 ? latinNames : chance < 0.9 ? cyrillicNames : arabicNames;
  const first = random.pick(names.first);
  const last = random.pick(names.last);
  return {
    first_name: first[0],
    last_name: last[0],
    email: `${emailPart(first)}.${emailPart(last)}.${number}@example.com`,
    phone: `+97150${String(random.int(0, 9_999_999)).padStart(7, "0")}`,
  };
}

function emailPart([written, spelled]: PersonName): string {
  return (spelled ?? written)
    .normalize("NFD")
    .replace(/[^A-Za-z]/g, "")
    .toLowerCase();
}
