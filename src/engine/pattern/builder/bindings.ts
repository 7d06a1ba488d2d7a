/**
 * What the compiler knows of a pattern's steps: name → what it is bound to in a match. A step that takes one event is
 * bound to it, an optional one perhaps to nothing, a loop and a step of a repeated group to the list of its events;
 * so it is in CEL, too.
 */
export type Bindings = object;

/** The type of a step's events. */
export type EventOf<B> = B extends readonly (infer E)[] ? E : Exclude<B, undefined>;

/** With one more step. */
export type Bound<B extends Bindings, N extends string, E> = { readonly [K in keyof B | N]: K extends keyof B ? B[K] : E };

/** With the steps of a group. */
export type Joined<B extends Bindings, G extends Bindings> = {
  readonly [K in keyof B | keyof G]: K extends keyof B ? B[K] : K extends keyof G ? G[K] : never;
};

/** With the steps N as lists. */
export type Many<B extends Bindings, N> = { readonly [K in keyof B]: K extends N ? readonly EventOf<B[K]>[] : B[K] };

/** With the steps N perhaps without an event; an empty list says that already. */
export type Maybe<B extends Bindings, N> = {
  readonly [K in keyof B]: K extends N ? (B[K] extends readonly unknown[] ? B[K] : B[K] | undefined) : B[K];
};

/** With the events of the steps N of another type. */
export type Retyped<B extends Bindings, N, E> = {
  readonly [K in keyof B]: K extends N ? (B[K] extends readonly unknown[] ? readonly E[] : E | Extract<B[K], undefined>) : B[K];
};

/** A name that no step has yet: what the compiler says of another one names it. */
export type Fresh<N extends string, B extends Bindings> = N extends keyof B ? `another step has the name ${N}` : N;
