/** A column of at least `length` places, and twice as many as before: what was in it, then `fill`. */
export function grown<T extends Uint32Array | Int32Array | Float64Array>(column: T, length: number, fill = 0): T {
  const larger = new (column.constructor as new (length: number) => T)(Math.max(16, length, column.length * 2));
  larger.set(column);
  larger.fill(fill, column.length);
  return larger;
}
