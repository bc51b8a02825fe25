/** A Bitrix apartment; in Alma a unit. */
export interface Home {
  readonly id: number;
  title: string;
  building: string;
  readonly whole: boolean;
  /** The Bitrix unit that its item names. It matters for an apartment let as a whole. */
  readonly names?: number;
  bedrooms: number;
  area: number;
  rent: string;
  baths: number;
  pool: boolean;
  floor: string;
  login: string;
  password: string;
  lock: string;
  station: string;
  readonly broken?: "option" | "number";
}

/** A Bitrix unit: a room of a home let by rooms, or a whole home. */
export interface Place {
  readonly id: number;
  readonly home: number;
  title: string;
  name: string;
  rent: string;
  readonly bunk: boolean;
  /** Whether its item is sent. */
  readonly sent: boolean;
  readonly broken?: "option" | "link";
}

/** A Bitrix contact; in Alma a client. */
export interface Person {
  readonly id: number;
  first: string;
  phone: string;
  readonly birthday: string;
  readonly broken?: "date";
}

/** An owner contract or tenant contract. */
export interface Deal {
  readonly id: number;
  readonly kind: "owner" | "tenant";
  /** The home of an owner contract, the place of a tenant contract. */
  readonly on: number;
  readonly person: number;
  title: string;
  readonly start: string;
  end: string;
  price: string;
  /** The work model of an owner contract, the type of a tenant contract. */
  model: string;
  /** File names of the contract and of the client's passport. */
  readonly scan?: string;
  readonly passport?: string;
  /** `elsewhere`: the rental object is neither in Alma nor among the items. */
  readonly broken?: "date" | "option" | "noContact" | "elsewhere";
}

/** The data in Bitrix. Tests edit it as users do. */
export interface Portfolio {
  readonly homes: Home[];
  readonly places: Place[];
  readonly people: Person[];
  readonly deals: Deal[];
}

/** A seeded source of random numbers. */
export function chance(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    below,
    odds: (share: number) => next() < share,
    of: <T>(values: readonly T[]): T => values[below(values.length)] as T,
    shuffled<T>(values: readonly T[]): T[] {
      const order = [...values];
      for (let last = order.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [order[last], order[other]] = [order[other] as T, order[last] as T];
      }
      return order;
    },
  };
}

const stations = ["", "Damac Properties", "DMCC", "Union"];
const models = ["TM 10%", "Rent to rent", "Long term"];
const types = ["Airbnb", "Booking", "Long-term 3+ months"];

/** The maximum number of items that one home adds. */
const MOST_OF_A_HOME = 25;

/**
 * A random portfolio of about `size` items: homes with their units, contacts and contracts, eight homes per building.
 * `broken` is the share of invalid items, `scans` that of contracts with a file.
 */
export function portfolio(seed: number, size: number, { broken = 0.04, scans = 0.4 } = {}): Portfolio {
  const { below, odds, of } = chance(seed);
  const made: Portfolio = { homes: [], places: [], people: [], deals: [] };
  const fault = <T>(...kinds: readonly T[]) => (odds(broken) ? { broken: of(kinds) } : {});

  const person = (): number => {
    // Some people have several contracts.
    if (odds(0.25) && made.people.length > 0) return of(made.people).id;
    const id = 3_000 + made.people.length;
    const birthday = `19${60 + below(40)}-0${1 + below(9)}-1${below(10)}`;
    const phone = odds(0.2) ? "" : `+9715${1_000_000 + below(9_000_000)}`;
    made.people.push({ id, first: of(["Mona", "Yusuf", "Lea"]), phone, birthday, ...fault("date" as const) });
    return id;
  };
  const deal = (kind: Deal["kind"], on: number, start: string, end: string) => {
    const id = 5_000 + made.deals.length;
    const client = person();
    made.deals.push({
      id,
      kind,
      on,
      person: client,
      title: `${kind} ${id}`,
      start,
      end,
      price: `${1_000 + below(9_000)}.${of(["5", "00", "25"])}`,
      model: of(kind === "owner" ? models : types),
      ...(odds(scans) && { scan: `contract-${id}.pdf` }),
      ...(kind === "owner" && odds(scans) && { passport: `passport-${client}.pdf` }),
      ...fault("date" as const, "option" as const, "noContact" as const, "elsewhere" as const),
    });
  };
  const place = (home: number, whole: boolean, sent: boolean): number => {
    const id = 2_000 + made.places.length;
    const rent = `${2_000 + below(5_000)}`;
    const faults = whole ? {} : fault("option" as const, "link" as const);
    const name = of(["1", "2", "Bed1"]);
    made.places.push({ id, home, title: `Room ${id}`, name, rent, bunk: odds(0.3), sent, ...faults });
    for (let year = 2024 + below(4); year < 2028; year += 1 + below(3)) {
      if (odds(0.7)) deal("tenant", id, `${year}-01-01`, `${year}-12-3${below(2)}`);
    }
    return id;
  };

  const count = () => Object.values(made).reduce((sum, { length }) => sum + length, 0);
  for (let index = 0; count() < size - MOST_OF_A_HOME; index++) {
    const id = 1_000 + index;
    const whole = odds(0.4);
    const places: number[] = [];
    // Some homes let as a whole have no Bitrix unit, others one whose item is not sent.
    const rooms = whole ? (odds(0.85) ? 1 : 0) : 1 + below(4);
    const isNamed = odds(whole ? 0.5 : 0.2);
    for (let room = 0; room < rooms; room++) places.push(place(id, whole, !whole || !isNamed || odds(0.7)));
    made.homes.push({
      id,
      title: `Home ${id}`,
      building: `Tower ${Math.floor(index / 8)}`,
      whole,
      ...(isNamed && places[0] !== undefined && { names: places[0] }),
      bedrooms: 1 + below(5),
      area: 40 + below(100) / 2,
      rent: odds(0.2) ? "" : `${50_000 + below(50_000)}`,
      baths: below(4),
      pool: odds(0.5),
      floor: odds(0.2) ? "" : `${below(40)}`,
      login: odds(0.5) ? "" : `net-${id}`,
      password: odds(0.5) ? "" : `secret-${id}`,
      lock: odds(0.5) ? "" : `12345${id}`,
      station: of(stations),
      ...fault("option" as const, "number" as const),
    });
    if (odds(0.7)) deal("owner", id, "2024-01-01", "2025-12-31");
    if (odds(0.5)) deal("owner", id, "2026-01-01", "2028-12-31");
  }
  return made;
}
