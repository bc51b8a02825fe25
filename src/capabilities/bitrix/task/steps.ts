/** Work in steps. Other work of the process may run after each `yield`. */
export type Steps<T> = Generator<void, T, void>;
