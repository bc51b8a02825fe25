/** What a part has measured: a name, a figure, and what it may be at most, if it is to be held. */
export type Figures = readonly (readonly [name: string, figure: string | number, atMost?: number])[];
