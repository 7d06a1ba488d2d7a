/** One state's values of all keys, by key and namespace. The backend and the operator say whose turn it is. */
export class StateTable<S> {
  readonly #keys = new Map<string, Map<string, S>>();
  #namespace = '';

  /** @param currentKeyId the identity of the key whose turn it is */
  constructor(private readonly currentKeyId: () => string) {}

  setNamespace(id: string): void {
    this.#namespace = id;
  }

  get(): S | undefined {
    return this.#keys.get(this.currentKeyId())?.get(this.#namespace);
  }

  put(value: S): void {
    const key = this.currentKeyId();
    let namespaces = this.#keys.get(key);
    if (namespaces === undefined) this.#keys.set(key, (namespaces = new Map()));
    namespaces.set(this.#namespace, value);
  }

  remove(): void {
    const key = this.currentKeyId();
    const namespaces = this.#keys.get(key);
    if (namespaces?.delete(this.#namespace) && namespaces.size === 0) this.#keys.delete(key);
  }

  /** What the current key has in a namespace, taken out. */
  takeFrom(namespace: string): S | undefined {
    const current = this.#namespace;
    this.#namespace = namespace;
    const value = this.get();
    this.remove();
    this.#namespace = current;
    return value;
  }

  /** All values with the identity of their key and namespace, for snapshots. */
  *entries(): Iterable<readonly [key: string, namespace: string, value: S]> {
    for (const [key, namespaces] of this.#keys) for (const [namespace, value] of namespaces) yield [key, namespace, value];
  }

  /** Puts a value of a snapshot back. */
  restore(key: string, namespace: string, value: S): void {
    const namespaces = this.#keys.get(key);
    if (namespaces === undefined) this.#keys.set(key, new Map([[namespace, value]]));
    else namespaces.set(namespace, value);
  }
}
