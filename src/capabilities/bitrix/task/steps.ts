/** Work in steps: other work of the process may run after each `yield`. */
export type Steps<T> = Generator<void, T, void>;
