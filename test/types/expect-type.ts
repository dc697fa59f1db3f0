/** True for types that are the same, `any` and `unknown` told apart. */
export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Takes the place of an assertion: compiles only where the types are the same. */
export declare function same<A, B>(equal: Equal<A, B>): void;

/** The values of an observable, the outputs of a function. */
export type Of<O> = O extends { subscribe(next: (value: infer V) => void): unknown } ? V : never;
