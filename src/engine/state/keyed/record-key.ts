/**
 * How a value is addressed in snapshots: by its state's name (a timer: by its time), namespace and key, in one text.
 * Lengths before the first two keep the parts apart; the empty namespace is left out.
 */
export interface RecordKey {
  readonly name: string;
  readonly namespace: string;
  /** The key's identity, which begins with a letter. */
  readonly keyId: string;
}

export function recordKey(name: string, cellId: string): string {
  return `${name.length}:${name}${cellId}`;
}

/** Within one state: namespace and key. */
export function cellId(namespace: string, keyId: string): string {
  return namespace === '' ? keyId : `${namespace.length}:${namespace}${keyId}`;
}

export function parseRecordKey(text: string): RecordKey {
  const [name, afterName] = lengthPrefixed(text, 0);
  if (!startsWithDigit(text, afterName)) return { name, namespace: '', keyId: text.slice(afterName) };
  const [namespace, afterNamespace] = lengthPrefixed(text, afterName);
  return { name, namespace, keyId: text.slice(afterNamespace) };
}

function lengthPrefixed(text: string, from: number): readonly [part: string, end: number] {
  const start = text.indexOf(':', from) + 1;
  const end = start + Number(text.slice(from, start - 1));
  return [text.slice(start, end), end];
}

function startsWithDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}
