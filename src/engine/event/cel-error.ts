/**
 * An error as a value of a condition: compiled expressions pass it on instead of throwing
 * (CEL language definition, "Evaluation": errors are results, && and || may absorb them).
 * Not an Error: it is made in hot paths, and capturing a stack costs microseconds.
 */
export class CelError {
  constructor(
    readonly message: string,
    /** Set for a field that is not there: `has()` gives false for it. */
    readonly missing = false,
  ) {}

  toString(): string {
    return this.message;
  }
}
